/** The id of a file that is a picture. */
import type { Filter } from '../../filter/filter.ts';
import { file } from '../file/index.ts';
import type { FieldType } from '../field-type.ts';

/** Files that are pictures. */
export const pictures: Filter = { mediaType: { _starts_with: 'image/' } };

export const image: FieldType = {
  ...file,
  name: 'image',
  label: 'Image',
  description: 'One picture, shown as such.',
  targets: pictures,
};
