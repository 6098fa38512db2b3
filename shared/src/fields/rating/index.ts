/** Stars, from none to the field's most. */
import type { Field } from '../../data-model.ts';
import { integer, wholeBetween } from '../integer/index.ts';
import { numberOption, option, type FieldType } from '../field-type.ts';

/** The most stars a field has. */
export const mostStars = (field: Pick<Field, 'options'>): number => numberOption(field as Field, 'max') ?? 5;

export const rating: FieldType = {
  ...integer,
  name: 'rating',
  label: 'Rating',
  description: 'Stars, such as one to five.',
  options: [option('max', 'integer', 'Most stars', { default: 5, options: { min: 1, max: 10 } })],
  schema: (field) => ({ type: 'integer', minimum: 0, maximum: mostStars(field) }),
  normalise: (value, field) => wholeBetween(value, 0, mostStars(field)),
  checkOptions: () => [],
};
