/** Checks a field's options against their definition: known, complete, each of its type, not contradicting one another. */
import type { Field } from '../data-model.ts';
import { InvalidValue, numberOption, type Problem } from './field-type.ts';
import { declaredTypeOf, fieldTypeOf } from './index.ts';

/** Everything that is wrong with the options of a field; empty when nothing is. */
export function checkOptions(field: Field): Problem[] {
  const type = declaredTypeOf(field);
  const problems = checkObject(field.options ?? {}, type.options, 'options', `option of the type "${type.label}"`);
  return problems.length > 0 ? problems : (type.checkOptions?.(field) ?? []);
}

/** The options of an option of type json that lists objects, such as the choices of a select. */
export const itemFieldsOf = (option: Field): Field[] | undefined =>
  Array.isArray(option.options?.['items']) ? (option.options['items'] as Field[]) : undefined;

function checkObject(given: Record<string, unknown>, fields: readonly Field[], path: string, word: string): Problem[] {
  const unknown = Object.keys(given)
    .filter((key) => given[key] !== undefined && !fields.some((field) => field.key === key))
    .map((key) => ({ path: `${path}.${key.slice(0, 80)}`, message: `is no ${word}` }));
  return [...unknown, ...fields.flatMap((field) => checkValue(given[field.key], field, `${path}.${field.key}`))];
}

function checkValue(value: unknown, field: Field, path: string): Problem[] {
  if (value === undefined || value === null) return field.required ? [{ path, message: 'is required' }] : [];
  const items = itemFieldsOf(field);
  if (items) return checkItems(value, field, items, path);
  try {
    fieldTypeOf(field).normalise(value, field);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    return [{ path, message: error.message }];
  }
}

function checkItems(value: unknown, field: Field, items: readonly Field[], path: string): Problem[] {
  if (!Array.isArray(value)) return [{ path, message: 'must be a list' }];
  const most = numberOption(field, 'maxItems') ?? Infinity;
  if (value.length > most) return [{ path, message: `must have at most ${most} entries` }];
  if (field.required && value.length === 0) return [{ path, message: 'needs at least one entry' }];
  return value.flatMap((item: unknown, i) => {
    const here = `${path}[${i}]`;
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return [{ path: here, message: 'must be an object' }];
    return checkObject(item as Record<string, unknown>, items, here, 'part of such an entry');
  });
}
