/**
 * Decides a condition for a record as an event carries it (in the form on the wire): by the predicate where that is exact,
 * else in SQL over a row made of the event's values. Relations are asked as they are now.
 */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import { isAlways, isNever, type Condition } from '@piper/shared/filter/ast';
import type { ModelSource } from '@piper/shared/filter/parse';
import { compilePredicate } from '@piper/shared/filter/predicate';
import type { Ctx } from '../ctx.ts';
import { catalogueOf } from './catalogue.ts';
import { conditionSql, type Place } from './condition-sql.ts';
import { columnTypeOf } from './fields/index.ts';
import type { Values } from './hooks.ts';
import { runStatement, scopeOf, variablesOf } from './run-statement.ts';
import { quote, sqlWriter } from './sql-writer.ts';

/** Whether a record as it was, or is, fulfils the condition. */
export type DecideRecord = (ctx: Ctx, record: Values) => Promise<boolean>;

/** Compiles it once. `eyes` as in a statement: what an actor asks sees only what the actor may read. */
export function decideOnRecords(ctx: Ctx, condition: Condition, model: DataModel, eyes: Place['eyes']): DecideRecord {
  if (isAlways(condition)) return async () => true;
  if (isNever(condition)) return async () => false;
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const isWhole =
    eyes === 'rule' || model.fields.every((field) => !field.column || field.secret || isAlways(rules.fieldRule(model, field)));
  const predicate = isWhole ? compilePredicate(condition) : undefined;
  if (predicate?.exact) return async (asking, record) => predicate.test(record, variablesOf(asking));
  return inSql(condition, { model, alias: 'made', rules, eyes });
}

function inSql(condition: Condition, place: Place): DecideRecord {
  const w = sqlWriter();
  const fields = place.model.fields.filter((field) => field.column !== undefined);
  const row = fields.map((field) => `${w.input(`value:${field.key}`, columnTypeOf(field).cast)} as ${quote(field.column!)}`);
  const statement = w.finish(
    `select (${conditionSql(w, condition, place)}) is true as fits from (select ${row.join(', ')}) ${place.alias}`,
  );
  return async (ctx, record) => {
    const input: Record<string, unknown> = {};
    for (const field of fields) {
      const value = stored(place.rules.models, field, record[field.key]);
      input[`value:${field.key}`] = value === null ? null : (columnTypeOf(field).write?.(value) ?? value);
    }
    const [found] = await runStatement(ctx, statement, scopeOf(ctx, input));
    return found!['fits'] === true;
  };
}

/** As its column takes it: as it is compared, or for types that are compared to something else (places to areas), as it is written. */
function stored(models: ModelSource, field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (field.relation?.kind === 'any') {
    const { model, id } = value as { model: string; id: string };
    return { model: models.find(model)?.id ?? model, id };
  }
  const type = fieldTypeOf(field);
  return valid(() => type.operand(value, field, '_eq')) ?? valid(() => type.normalise(value, field)) ?? null;
}

/** A value of an older definition may be none of the field's any more. */
function valid(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidValue) return undefined;
    throw error;
  }
}
