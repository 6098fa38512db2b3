/** The operands of comparisons as placeholders, or as what SQL reads itself: fields of the user who asks. */
import type { Field } from '@piper/shared/data-model';
import type { Operand, OperandItem } from '@piper/shared/filter/ast';
import { resolveVariable, type Variables } from '@piper/shared/filter/variables';
import type { OperandSql } from './fields/column-type.ts';
import type { Bind, Scope, SqlWriter } from './sql-writer.ts';

type BoundOperand = Exclude<Operand, { kind: 'user' }>;

/** Writes the operand. `userValue` writes the value of a field of the user who asks. */
export function operandSql(w: SqlWriter, operand: Operand, cast: string, userValue: (field: Field) => string): OperandSql {
  if (operand.kind === 'user') return userOperand(userValue(operand.field), cast);
  const bound = boundOperand(w, operand, cast);
  return operand.kind === 'items' && operand.items.some((item) => 'user' in item)
    ? withUserItems(w, bound, operand, { cast, userValue })
    : bound;
}

function boundOperand(w: SqlWriter, operand: BoundOperand, cast: string): OperandSql {
  const { key, read } = binding(operand);
  return {
    one: (as = cast) => w.bind(key, as, read),
    as(name, as, convert) {
      const given = (scope: Scope): unknown => read(scope) ?? null;
      return w.bind(`${key}:${name}`, as, (scope) => (given(scope) === null ? null : convert(given(scope))));
    },
    list: (as = cast) => w.bind(`${key}:list`, `${as}[]`, (scope) => withoutGaps(read(scope))),
    pair: () => [boundItem(w, operand, 0, cast), boundItem(w, operand, 1, cast)],
    pattern: (place) => w.bind(`${key}:${place}`, 'text', (scope) => likePattern(read(scope), place)),
  };
}

function boundItem(w: SqlWriter, operand: BoundOperand, i: number, cast: string): string {
  const { key, read } = binding(operand);
  return w.bind(`${key}:${i}`, cast, (scope) => (read(scope) as unknown[])[i]);
}

/** The value is of the compared field's kind (checked by the parser), so that it needs no cast. */
function userOperand(value: string, cast: string): OperandSql {
  return {
    one: () => value,
    as: () => refuseConversion(),
    // The cast makes it an array to look into; a bare subselect would be rows to compare with.
    list: (as = cast) => `${value}::${as}[]`,
    pair: () => refuseConversion(),
    pattern: (place) => {
      const escaped = `replace(replace(replace(${value}, '\\', '\\\\'), '%', '\\%'), '_', '\\_')`;
      return `(${place === 'start' ? '' : `'%' || `}${escaped}${place === 'end' ? '' : ` || '%'`})`;
    },
  };
}

function refuseConversion(): never {
  throw new Error('the parser lets no such comparison with a field of the user through');
}

function withUserItems(
  w: SqlWriter,
  bound: OperandSql,
  operand: Extract<Operand, { kind: 'items' }>,
  { cast, userValue }: { cast: string; userValue: (field: Field) => string },
): OperandSql {
  const valueAt = (i: number): string | undefined => {
    const item = operand.items[i];
    return item && 'user' in item ? userValue(item.user) : undefined;
  };
  const inPair = (i: number): string => valueAt(i) ?? boundItem(w, operand, i, cast);
  return {
    ...bound,
    list: (as = cast) => {
      const values = operand.items.flatMap((_, i) => valueAt(i) ?? []);
      return `(${bound.list(as)} || array[${values.join(', ')}]::${as}[])`;
    },
    // Only what the statement mentions is bound.
    pair: () => [inPair(0), inPair(1)],
  };
}

/** Lists with variables have no text that names them. */
const itemKeys = new WeakMap<readonly OperandItem[], string>();
let lists = 0;
function keyOfItems(items: readonly OperandItem[]): string {
  const key = itemKeys.get(items) ?? `items:${lists++}`;
  itemKeys.set(items, key);
  return key;
}

function binding(operand: BoundOperand): { key: string; read: Bind } {
  switch (operand.kind) {
    case 'slot':
      return { key: `slot:${operand.index}`, read: (scope) => scope.slots[operand.index] };
    case 'literal':
      return { key: literalKey(operand.value), read: () => operand.value };
    case 'variable':
      return {
        key: `variable:${JSON.stringify(operand.variable)}`,
        read: (scope) => resolveVariable(operand.variable, scope.variables),
      };
    case 'items':
      return {
        key: keyOfItems(operand.items),
        read: (scope) => operand.items.flatMap((item) => valuesOf(item, scope.variables)),
      };
  }
}

/** What SQL reads itself leaves a gap, so that a pair keeps its places. */
function valuesOf(item: OperandItem, variables: Variables): unknown[] {
  if ('user' in item) return [undefined];
  if (!('variable' in item)) return [item.value];
  const value = resolveVariable(item.variable, variables);
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

const withoutGaps = (list: unknown): unknown => (Array.isArray(list) ? list.filter((item) => item !== undefined) : list);

const literalKey = (value: unknown): string => `literal:${JSON.stringify(value)}`;

function likePattern(value: unknown, place: 'anywhere' | 'start' | 'end'): string | null {
  if (value === null || value === undefined) return null;
  const text = (value as string).replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
  return `${place === 'start' ? '' : '%'}${text}${place === 'end' ? '' : '%'}`;
}
