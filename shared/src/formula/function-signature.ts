/** How a function says what it takes and gives. */
import type { TimeUnit } from './time-units.ts';
import { commonType, describeType, fits, type Untyped, type ValueType } from './value-types.ts';

/** What an argument must be. `any` takes each type as it is, `shown` turns it into text, `unit` is a unit of time in quotes. */
export type Parameter = ValueType | 'any' | 'shown' | 'unit';

export interface Signature {
  parameters: Parameter[];
  result: ValueType;
}

export interface FormulaFunction {
  name: string;
  category: 'logic' | 'number' | 'text' | 'date';
  /** As help shows it: `LEFT(text, count)`. */
  usage: string;
  /** One sentence. */
  help: string;
  least: number;
  most: number;
  /** For arguments of these types, in a number the function allows: the signature, or what is wrong with which argument. `unit`: the one among them. */
  accept(types: readonly (ValueType | Untyped)[], unit?: TimeUnit): Signature | Mismatch;
}

/** The end of a sentence that begins with the function's name. */
export interface Mismatch {
  argument: number;
  problem: string;
}

type About = Pick<FormulaFunction, 'name' | 'category' | 'usage' | 'help'>;

/** Most arguments of functions that take any number of them; PostgreSQL's own bound is 100. */
export const manyArguments = 50;

/** The name before the parenthesis. */
export const nameOf = (usage: string): string => usage.slice(0, usage.indexOf('('));

/** A function of fixed parameters, of which the last `optional` may be left out. */
export function fixed(about: About, parameters: readonly Parameter[], result: ValueType, optional = 0): FormulaFunction {
  return {
    ...about,
    least: parameters.length - optional,
    most: parameters.length,
    accept: (types) => acceptAs(types, parameters.slice(0, types.length), result),
  };
}

/** A function of any number of parameters of one kind. */
export function repeated(about: About, parameter: Parameter, result: ValueType, least = 1): FormulaFunction {
  return {
    ...about,
    least,
    most: manyArguments,
    accept: (types) =>
      acceptAs(
        types,
        types.map(() => parameter),
        result,
      ),
  };
}

/** A function whose arguments all have one type, one of `allowed`, which is its result's too. */
export function alike(about: About, allowed: readonly ValueType[], bounds: { least: number; most: number }): FormulaFunction {
  return {
    ...about,
    ...bounds,
    accept(types) {
      const common = commonOf(
        types,
        types.map((_, i) => i),
        allowed,
      );
      if (typeof common !== 'string') return common;
      return { parameters: types.map(() => common), result: common };
    },
  };
}

/** Checks each argument against its parameter. */
export function acceptAs(
  types: readonly (ValueType | Untyped)[],
  parameters: readonly Parameter[],
  result: ValueType,
): Signature | Mismatch {
  const argument = types.findIndex((type, i) => !suits(type, parameters[i]!));
  if (argument < 0) return { parameters: [...parameters], result };
  const wanted = parameters[argument] as ValueType;
  return { argument, problem: `takes ${describeType(wanted)} here, not ${describeType(types[argument]!)}` };
}

const suits = (type: ValueType | Untyped, parameter: Parameter): boolean =>
  parameter === 'any' || parameter === 'shown' || parameter === 'unit' || fits(type, parameter);

/** The one type of the arguments at these places; or which of them is at odds with the first. */
export function commonOf(
  types: readonly (ValueType | Untyped)[],
  places: readonly number[],
  allowed: readonly ValueType[],
): ValueType | Mismatch {
  let common: ValueType | Untyped = 'null';
  for (const argument of places) {
    const type = types[argument]!;
    if (type !== 'null' && !allowed.includes(type)) return { argument, problem: `can't take ${describeType(type)}` };
    const wider = commonType([common, type]);
    if (wider === undefined) return { argument, problem: `can't mix ${describeType(common)} and ${describeType(type)}` };
    common = wider;
  }
  return common === 'null' ? { argument: places[0]!, problem: 'is given nothing but null' } : common;
}

export const everyType: readonly ValueType[] = ['integer', 'number', 'text', 'boolean', 'date', 'date-time'];
