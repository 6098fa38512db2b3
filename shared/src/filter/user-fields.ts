/** `$CURRENT_USER.<field>`: which fields of users there are, and what they can be compared with. */
import { hasValue, type Field } from '../data-model.ts';
import type { JsonSchema } from '../fields/field-type.ts';
import { fieldTypeOf } from '../fields/index.ts';
import type { Comparison } from './ast.ts';
import { takesWholeList } from './operand.ts';
import type { OperandKind } from './operators.ts';
import type { ParseOptions } from './path.ts';

/** The field of Piper's users; undefined when there is none that may be used here. */
export function userFieldNamed(key: string, { models, mayRead }: ParseOptions): Field | undefined {
  const users = models.find('users');
  const field = users?.fields.find((candidate) => candidate.key === key && hasValue(candidate) && !candidate.secret);
  return users && field && mayRead?.(users, field) !== false ? field : undefined;
}

/** Whether the user's value is what the comparison takes, wholly or, as `one`, among others. */
export function isComparable(user: Field, comparison: Pick<Comparison, 'field' | 'operator'>, kind: OperandKind): boolean {
  const { field, operator } = comparison;
  const element = elementOf(field);
  // An area, or a pattern, is nothing that users have.
  if (/_n?regex|_bbox$/.test(operator) || (/_n?intersects$/.test(operator) && element === undefined)) return false;
  const compared = element === undefined || takesWholeList(comparison) ? familyOf(field) : element;
  return kind === 'list' ? elementOf(user) === compared : kind === 'one' && familyOf(user) === compared;
}

/** The family of a list's elements. */
function elementOf(field: Field): string | undefined {
  const type = fieldTypeOf(field);
  if (type.element === undefined) return undefined;
  return (type.schema(field)['items'] as JsonSchema)['format'] === 'uuid' ? 'uuid' : 'text';
}

/** Types whose values are of one kind. */
function familyOf(field: Field): string {
  const type = fieldTypeOf(field);
  const schema = type.schema(field);
  if (schema['format'] === 'uuid') return 'uuid';
  if (type.category === 'number') return 'number';
  if (schema['type'] === 'string' && ['text', 'choice', 'other'].includes(type.category)) return 'text';
  return type.name;
}
