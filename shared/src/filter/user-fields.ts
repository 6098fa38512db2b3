/** `$CURRENT_USER.<field>`: which fields of users there are, and what they can be compared with. */
import { hasValue, type Field } from '../data-model.ts';
import { fieldTypeOf } from '../fields/index.ts';
import type { Comparison } from './ast.ts';
import { operatorInfo } from './operators.ts';
import type { ParseOptions } from './path.ts';

/** The field of Piper's users; undefined when there is none that may be used here. */
export function userFieldNamed(key: string, { models, mayRead }: ParseOptions): Field | undefined {
  const users = models.find('users');
  const field = users?.fields.find((candidate) => candidate.key === key && hasValue(candidate) && !candidate.secret);
  return users && field && mayRead?.(users, field) !== false ? field : undefined;
}

/** Whether the user's value is of the kind the comparison takes. */
export function isComparable(user: Field, { field, operator }: Pick<Comparison, 'field' | 'operator'>): boolean {
  const kind = operatorInfo(operator).operand;
  if (kind === 'list') return fieldTypeOf(user).name === 'multi-select' && familyOf(field) === 'text';
  if (kind !== 'one' || /_n?(inter|regex)/.test(operator)) return false;
  return familyOf(user) === familyOf(field);
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
