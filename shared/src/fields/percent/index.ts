/** A share: the value 12.5 means 12.5 %. */
import { decimal } from '../decimal/index.ts';
import type { FieldType } from '../field-type.ts';

export const percent: FieldType = {
  ...decimal,
  name: 'percent',
  label: 'Percent',
  description: 'A share in percent: 12.5 stands for 12.5 %.',
};
