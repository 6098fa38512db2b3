/** A formula as SQL: the value it would have on paper, or null; no data makes it raise. */
import type { Field } from '@piper/shared/data-model';
import { numberOption } from '@piper/shared/fields/field-type';
import { checkFormula, parseFormula, resultTypes, type ValueType } from '@piper/shared/formula/index';
import { formulaOf } from '@piper/shared/formula/related';
import type { Typed } from '@piper/shared/formula/typed';
import { columnTypeOf } from '../fields/index.ts';
import { hopSql } from '../relation-sql.ts';
import type { Writing } from './compile.ts';
import { functionSql } from './function-sql.ts';
import { collated, cut, missing, momentOf, numeric, shownSql, type Piece } from './piece.ts';

/** The expression, of the SQL type of the field's result. Throws FormulaError when the formula does not hold. */
export function formulaSql(field: Field, writing: Writing): string {
  const { model, rules } = writing.place;
  const typed = checkFormula(parseFormula(formulaOf(field)), { model, models: rules.models });
  const result = resultOf(field, typed.type);
  return result === undefined ? `null::${columnTypeOf(field).cast}` : finish(pieceOf(typed, writing), result);
}

/** The type to give out: what the formula yields, as the kind of number that was promised. */
function resultOf(field: Field, type: ValueType): ValueType | undefined {
  if (resultTypes[type] === field.result) return type;
  return type === 'integer' && field.result === resultTypes.number ? 'number' : undefined;
}

function finish({ sql }: Piece, type: ValueType): string {
  if (type === 'integer') return `piper.formula_integer(${sql})`;
  return type === 'number' ? `piper.formula_number(${sql})` : sql;
}

function pieceOf(typed: Typed, writing: Writing): Piece {
  switch (typed.kind) {
    case 'literal':
      return literalPiece(typed, writing);
    case 'reference':
      return referencePiece(typed, writing);
    case 'convert': {
      const of = pieceOf(typed.of, writing);
      if (typed.type === 'date-time') return { sql: momentOf(of.sql), scale: 0 };
      return { sql: collated(shownSql(typed.of.type, of.sql)), scale: 0 };
    }
    case 'call':
      return functionSql(
        typed,
        typed.args.map((arg) => pieceOf(arg, writing)),
        writing,
      );
  }
}

const digits = /^\d{1,50}(\.\d{1,50})?$/;

function literalPiece({ type, value }: Extract<Typed, { kind: 'literal' }>, { w }: Writing): Piece {
  if (value === null) return { sql: missing(type), scale: 0 };
  if (typeof value === 'boolean') return { sql: String(value), scale: 0 };
  if (type === 'text') return { sql: collated(w.bind(`formula:${JSON.stringify(value)}`, 'text', () => value)), scale: 0 };
  // Numbers stand in the statement itself, since PostgreSQL then computes with them while planning.
  if (!digits.test(value)) throw new Error(`${value} is no number of a formula`);
  return numeric(`${value}::numeric`, value.split('.')[1]?.length ?? 0);
}

function referencePiece({ steps, type }: Extract<Typed, { kind: 'reference' }>, writing: Writing): Piece {
  const { field } = steps.at(-1)!;
  const raw = stepsSql(
    steps.map((step) => step.field),
    writing,
  );
  const sql = ofType(type, raw, field);
  return { sql, scale: scaleOf(field, type) };
}

/** A column of the type formulas compute with. */
function ofType(type: ValueType, raw: string, field: Field): string {
  switch (type) {
    case 'integer':
      return `(${raw})::numeric`;
    case 'number':
      return `piper.formula_number(${raw})`;
    case 'text':
      return collated(textOf(raw, field));
    case 'date':
      return `piper.formula_date(${raw})`;
    case 'date-time':
      return `piper.formula_moment(${raw})`;
    case 'boolean':
      return raw;
  }
}

const long = new Set(['text', 'long-text']);
const textOf = (raw: string, field: Field): string =>
  long.has(field.result ?? field.type) ? cut(raw) : columnTypeOf(field).toText(raw);

/** Digits after the point that are to be expected, as far as the definition tells. */
const scaleOf = (field: Field, type: ValueType): number => (type === 'number' ? (numberOption(field, 'scale') ?? 100) : 0);

/** The value behind many-to-one relations, where the records on the way may be seen. */
function stepsSql([field, ...rest]: readonly Field[], writing: Writing): string {
  const { w, place, compile } = writing;
  if (rest.length === 0) return compile.value(w, field!, place);
  const target = place.rules.models.find(field!.relation?.target ?? '')!;
  const { there, from, where } = hopSql(w, { field: field!, target }, place, compile);
  return `(select ${stepsSql(rest, { ...writing, place: there })} from ${from} where ${where})`;
}
