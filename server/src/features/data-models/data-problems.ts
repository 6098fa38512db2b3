/** Looks for values that a change would lose or that stand in its way. Reads only, and never for long. */
import { sql } from 'kysely';
import type { DataProblem } from '@piper/shared/change-sets';
import type { ModelDefinition } from '@piper/shared/data-models';
import type { Db, Tx } from '#platform/db/db';
import type { Deps } from '#platform/deps';
import type { Check } from './plan/step.ts';

const patienceMs = 3_000;
const maxExamples = 20;
const maxValue = 200;
/** Per cent of the pages that are looked at when the whole takes too long. */
const samplePercent = 1;

/** The problems that there are, in the order of the checks. `models` give the names to speak of. */
export async function findProblems(
  deps: Deps,
  checks: readonly Check[],
  models: readonly ModelDefinition[],
): Promise<DataProblem[]> {
  const problems: DataProblem[] = [];
  for (const check of checks) {
    const found = (await ask(deps.db, check, '')) ?? (await ask(deps.db, check, ` tablesample system (${samplePercent})`));
    if (!found) problems.push(describe(check, models, { count: null, isEstimate: true, examples: [] }));
    else if (found.count > 0) problems.push(describe(check, models, found));
  }
  return problems;
}

type Found = Pick<DataProblem, 'isEstimate' | 'examples'> & { count: number };

/** It takes too long; or a pattern is written in a way that only JavaScript knows. */
const undecided = new Set(['57014', '2201B']);

/** Undefined when it can't be told. */
async function ask(db: Db, check: Check, sample: string): Promise<Found | undefined> {
  try {
    return await db
      .transaction()
      .setAccessMode('read only')
      .execute(async (tx) => {
        await sql`select set_config('statement_timeout', ${String(patienceMs)}, true)`.execute(tx);
        const found = check.group ? await askRepeated(tx, check, sample) : await askRows(tx, check, sample);
        return sample === '' ? found : { ...found, count: (found.count * 100) / samplePercent, isEstimate: true };
      });
  } catch (error) {
    if (undecided.has((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}

async function askRows(tx: Tx, { table, where, value }: Check, sample: string): Promise<Found> {
  const from = sql.raw(`from ${table} t${sample} where ${where}`);
  const counted = await sql<{ count: number }>`select count(*)::float8 as count ${from}`.execute(tx);
  const count = counted.rows[0]!.count;
  if (count === 0) return { count, isEstimate: false, examples: [] };
  const { rows } = await sql<{ id: string; value: string | null }>`
    select t.id, left(${sql.raw(value)}, ${maxValue}) as value ${from} limit ${maxExamples}`.execute(tx);
  return { count, isEstimate: false, examples: rows };
}

/** Counts the records that would have to change. */
async function askRepeated(tx: Tx, { table, where, value, group }: Check, sample: string): Promise<Found> {
  const from = `from ${table} t${sample} where ${where}`;
  const same = group!.join(', ');
  const counted = await sql<{ count: number }>`
    select coalesce(sum(n - 1), 0)::float8 as count from (select count(*) as n ${sql.raw(from)} group by ${sql.raw(same)} having count(*) > 1) repeated`.execute(
    tx,
  );
  const count = counted.rows[0]!.count;
  if (count === 0) return { count, isEstimate: false, examples: [] };
  const { rows } = await sql<{ id: string; value: string | null }>`
    select id, value from (
      select t.id, left(${sql.raw(value)}, ${maxValue}) as value, count(*) over (partition by ${sql.raw(same)}) as n ${sql.raw(from)}
    ) every where n > 1 order by value, id limit ${maxExamples}`.execute(tx);
  return { count, isEstimate: false, examples: rows };
}

const sentences: Record<Check['kind'], (field: string, model: string) => string> = {
  unconvertible: (field, model) => `Values of ${field} of ${model} that do not convert; they stay in the bin.`,
  disallowed: (field, model) => `Values of ${field} of ${model} that its options will not allow; they stay as they are.`,
  missing: (field, model) => `Records of ${model} without ${field}, which is to be required.`,
  duplicate: (field, model) => `Records of ${model} that repeat ${field}, which is to be unique.`,
  dangling: (field, model) => `Records of ${model} whose ${field} leads to what is gone.`,
};

function describe(
  check: Check,
  models: readonly ModelDefinition[],
  found: Pick<DataProblem, 'count' | 'isEstimate' | 'examples'>,
): DataProblem {
  const model = models.find(({ id }) => id === check.model);
  const labels = check.fields.map((id) => `"${model?.fields.find((field) => field.id === id)?.label ?? id}"`).join(', ');
  const { kind, effect, fields } = check;
  const message = sentences[kind](labels, `"${model?.label ?? check.model}"`);
  return { kind, effect, model: check.model, fields, message, ...found };
}
