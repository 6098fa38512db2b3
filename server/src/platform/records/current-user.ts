/** Fields of the user who acts, for presets such as `$CURRENT_USER.region`. In filters SQL reads them itself. */
import type { DataModel, Rule } from '@piper/shared/data-model';
import { userFieldNamed } from '@piper/shared/filter/user-fields';
import { parseVariable } from '@piper/shared/filter/variables';
import type { Ctx } from '../ctx.ts';
import { catalogueOf } from './catalogue.ts';
import { userFieldSql, type Place } from './condition-sql.ts';
import { columnTypeOf } from './fields/index.ts';
import type { Values } from './hooks.ts';
import { runStatement, scopeOf } from './run-statement.ts';
import { quote, sqlWriter, type Statement } from './sql-writer.ts';

const read = new WeakMap<Ctx, Map<string, Promise<Values>>>();

/** What the presets of the model's rules name of the user; asked of the database once in a request. */
export async function userValuesOf(ctx: Ctx, model: DataModel, verb: 'create' | 'update'): Promise<Values> {
  const keys = keysNamed(catalogueOf(ctx).rulesOf(ctx).rulesFor(model, verb));
  if (keys.length === 0) return {};
  const known = read.get(ctx) ?? new Map<string, Promise<Values>>();
  read.set(ctx, known);
  const name = keys.join();
  const values = known.get(name) ?? readUser(ctx, model, keys);
  known.set(name, values);
  return values;
}

function keysNamed(rules: readonly Rule[]): string[] {
  const named = rules
    .flatMap((rule) => Object.values(rule.presets ?? {}))
    .map((value) => (typeof value === 'string' ? parseVariable(value) : null));
  return [...new Set(named.flatMap((variable) => (variable?.name === 'user-field' ? [variable.key] : [])))];
}

async function readUser(ctx: Ctx, model: DataModel, keys: readonly string[]): Promise<Values> {
  const catalogue = catalogueOf(ctx);
  const fields = keys.flatMap((key) => userFieldNamed(key, { models: catalogue }) ?? []);
  if (fields.length === 0) return {};
  const w = sqlWriter();
  const place: Place = { model, alias: '', rules: catalogue.rulesOf(ctx), eyes: 'rule' };
  const columns = fields.map((field) => `${userFieldSql(w, field, place)} as ${quote(field.key)}`);
  const statement: Statement = w.finish(`select ${columns.join(', ')}`);
  const [row] = await runStatement(ctx, statement, scopeOf(ctx));
  return Object.fromEntries(fields.map((field) => [field.key, columnTypeOf(field).read?.(row![field.key]) ?? row![field.key]]));
}
