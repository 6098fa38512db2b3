/** The id of a file. */
import { relation } from '../relation/index.ts';
import type { FieldType } from '../field-type.ts';

export const file: FieldType = { ...relation, name: 'file', label: 'File', description: 'One uploaded file.', category: 'other' };
