/** A formula whose fields are found and whose types fit: what is turned into SQL. Operators are calls by their sign. */
import type { DataModel, Field } from '../data-model.ts';
import type { TimeUnit } from './time-units.ts';
import type { Untyped, ValueType } from './value-types.ts';

export type Typed =
  | { kind: 'literal'; type: ValueType | Untyped; value: string | boolean | null }
  /** Each step but the last crosses a many-to-one relation. */
  | { kind: 'reference'; type: ValueType; steps: Step[] }
  /** Another form of the same value: a date as its first moment, anything as text. */
  | { kind: 'convert'; type: 'date-time' | 'text'; of: Typed }
  /** `unit`: the one among its arguments, which is not one of `args`. */
  | { kind: 'call'; type: ValueType; name: string; args: Typed[]; unit?: TimeUnit };

export interface Step {
  model: DataModel;
  field: Field;
}

/** Of numbers the value is its digits. */
export const literal = (type: ValueType | Untyped, value: string | boolean | null): Typed => ({ kind: 'literal', type, value });
export const call = (name: string, type: ValueType, args: Typed[]): Extract<Typed, { kind: 'call' }> => ({
  kind: 'call',
  name,
  type,
  args,
});

/** The value as one of another type. Whole numbers are numbers as they are, and null is of every type. */
export function convert(of: Typed, type: ValueType): Typed {
  if (of.type === type || (of.type === 'integer' && type === 'number')) return of;
  if (of.type === 'null') return literal(type, null);
  if (type === 'text' || type === 'date-time') return { kind: 'convert', type, of };
  throw new Error(`no ${of.type} becomes a ${type}`);
}

/** Every field the formula reads, over which relations. */
export function referencesIn(typed: Typed): Step[][] {
  switch (typed.kind) {
    case 'literal':
      return [];
    case 'reference':
      return [typed.steps];
    case 'convert':
      return referencesIn(typed.of);
    case 'call':
      return typed.args.flatMap(referencesIn);
  }
}

/** How many parts it has. */
export function sizeOf(typed: Typed): number {
  if (typed.kind === 'convert') return 1 + sizeOf(typed.of);
  return typed.kind === 'call' ? typed.args.reduce((sum, arg) => sum + sizeOf(arg), 1) : 1;
}
