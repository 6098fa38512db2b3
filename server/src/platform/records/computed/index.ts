/**
 * Computed fields as SQL expressions over a place. They are part of the statements that ask for them and of no others, and
 * compute with what the place's eyes see: what an actor may not read counts as missing.
 */
import type { Field } from '@piper/shared/data-model';
import { PiperError } from '@piper/shared/errors';
import { FormulaError } from '@piper/shared/formula/index';
import { limits } from '@piper/shared/limits';
import { columnTypeOf } from '../fields/index.ts';
import type { Place } from '../place.ts';
import type { SqlWriter } from '../sql-writer.ts';
import type { Compile, Writing } from './compile.ts';
import { formulaSql } from './formula-sql.ts';
import { lookupSql } from './lookup-sql.ts';
import { rollupSql } from './rollup-sql.ts';

const kinds: Record<string, (field: Field, writing: Writing) => string> = {
  formula: formulaSql,
  lookup: lookupSql,
  rollup: rollupSql,
};

/** Rules look through computed fields with eyes of their own, so there can be more levels than one definition may have. */
const mostLevels = 3 * limits.computedLevels;

/** The field's value, of its result's SQL type. A field whose definition does not hold (any more) is null, so that the records around it can be read. */
export function computedSql(w: SqlWriter, field: Field, place: Place, compile: Compile): string {
  const missing = `null::${columnTypeOf(field).cast}`;
  const name = `${place.model.id}.${field.id} ${place.eyes}`;
  const within = place.within ?? [];
  if (within.includes(name) || within.length >= mostLevels) return missing;
  const kind = kinds[field.type];
  if (!kind) throw new Error(`${place.model.key}.${field.key} has neither a column nor a way to be computed`);
  try {
    return kind(field, { w, compile, place: { ...place, within: [...within, name] } });
  } catch (error) {
    if (error instanceof FormulaError || error instanceof PiperError) return missing;
    throw error;
  }
}
