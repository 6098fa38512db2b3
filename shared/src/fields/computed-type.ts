/** Formulas, lookups and rollups: what they yield behaves as the field type of their result; here stands only what declares them. */
import type { Field } from '../data-model.ts';
import { invalid, option, type FieldType } from './field-type.ts';

export const computedType = (name: string, label: string, description: string, options: readonly Field[]): FieldType => ({
  name,
  label,
  description,
  category: 'computed',
  options,
  operators: [],
  sortable: false,
  schema: () => ({}),
  normalise: () => invalid('is computed and can not be set'),
  operand: () => invalid('can not be compared before its result is known'),
});

/** An option that names a field by its id. */
export const fieldIdOption = (key: string, label: string, required: boolean): Field =>
  option(key, 'text', label, { ...(required ? { required } : {}), options: { minLength: 1, maxLength: 100 } });
