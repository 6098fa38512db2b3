/** A table with a column of each kind that formulas take, and the values formulas have over its rows. */
import { sql } from 'kysely';
import { beforeAll } from 'vitest';
import type { DataModel, Field } from '@piper/shared/data-model';
import { checkFormula, parseFormula, resolveComputed } from '@piper/shared/formula/index';
import { dataModel, field } from './declare.ts';
import { useTestServer } from './harness.ts';
import { system } from '../server/src/platform/actor.ts';
import { ctxFor, type Ctx } from '../server/src/platform/ctx.ts';
import { newId } from '../server/src/platform/ids.ts';
import { openCatalogue } from '../server/src/platform/records/catalogue.ts';
import { columnTypeOf } from '../server/src/platform/records/fields/index.ts';
import { listRecords } from '../server/src/platform/records/list.ts';

export const columns: Field[] = [
  field('id', 'uuid', { required: true }),
  field('i', 'integer'),
  field('k', 'integer'),
  field('n', 'decimal'),
  field('m', 'decimal'),
  field('t', 'text'),
  field('u', 'long-text'),
  field('b', 'boolean'),
  field('d', 'date'),
  field('e', 'date'),
  field('w', 'date-time'),
  field('x', 'date-time'),
  field('ti', 'time'),
  field('ms', 'multi-select'),
  field('st', 'rating'),
  field('mo', 'currency'),
];
const bareModel = (fields: Field[]): DataModel => ({ ...dataModel('samples', fields), table: 'piper.formula_samples' });
const scope = { model: bareModel(columns), models: { find: () => undefined } };
export const typedOf = (formula: string) => checkFormula(parseFormula(formula), scope);

/** A model with a formula field for each text, as a project would hold it. */
export function modelWith(formulas: readonly string[]): DataModel {
  const computed = formulas.map((formula, i): Field => {
    const { column: _column, ...rest } = field(`f${i}`, 'formula', { options: { formula } });
    return rest;
  });
  const model = bareModel([...columns, ...computed]);
  const { results, problems } = resolveComputed([model], { find: () => undefined });
  if (problems.length > 0) throw new Error(problems[0]!.message);
  for (const each of computed) each.result = results.get(each.id)!;
  return model;
}

export const server = useTestServer({ features: [] });
let ctx: Ctx;

beforeAll(async () => {
  const types = columns.map((each) => `${each.column} ${columnTypeOf(each).sqlType(each)}`);
  await sql`create table piper.formula_samples (${sql.raw(types.join(', '))}, primary key (id))`.execute(server.deps.db);
  ctx = ctxFor(server.deps, system, 'test');
});

export async function fill(rows: readonly Record<string, unknown>[]): Promise<void> {
  const records = rows.map((row) => ({ ...row, id: newId() }));
  await sql`truncate piper.formula_samples`.execute(server.deps.db);
  await sql`insert into piper.formula_samples select * from jsonb_populate_recordset(null::piper.formula_samples, ${JSON.stringify(records)}::jsonb)`.execute(
    server.deps.db,
  );
}
export const over = (model: DataModel): Ctx => ({ ...ctx, deps: { ...server.deps, catalogue: openCatalogue([{ model }]) } });

/** The values of the formulas on the one row. */
export async function valuesOf(formulas: readonly string[], row: Record<string, unknown> = {}): Promise<unknown[]> {
  await fill([row]);
  const { data } = await listRecords(over(modelWith(formulas)), 'samples');
  return formulas.map((_, i) => data[0]![`f${i}`]);
}
