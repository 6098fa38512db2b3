/** The id of a file that is a picture. */
import { file } from '../file/index.ts';
import type { FieldType } from '../field-type.ts';

export const image: FieldType = { ...file, name: 'image', label: 'Image', description: 'One picture, shown as such.' };
