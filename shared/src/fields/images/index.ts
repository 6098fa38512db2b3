/** The ids of several files that are pictures. */
import { files } from '../files/index.ts';
import { pictures } from '../image/index.ts';
import type { FieldType } from '../field-type.ts';

export const images: FieldType = {
  ...files,
  name: 'images',
  label: 'Images',
  description: 'Several pictures, shown as such.',
  targets: pictures,
};
