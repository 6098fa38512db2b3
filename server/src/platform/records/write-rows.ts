/** Runs one statement over many rows of a model. */
import type { Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx, TxCtx } from '../ctx.ts';
import { idFieldOf } from './condition-sql.ts';
import type { SystemModel, Values } from './hooks.ts';
import { resolveId } from './read.ts';
import { runStatement, scopeOf } from './run-statement.ts';
import { listInput } from './write-many-sql.ts';
import {
  commonInputs,
  driverValue,
  fieldsOf,
  outcomeOf,
  valueInputs,
  writePlan,
  type Outcome,
  type Write,
} from './write-plan.ts';
import { refuseUnfound } from './write-refusals.ts';

/** Runs a statement over many rows; `write.values` names the fields they set. */
export async function runMany(ctx: Ctx, write: Omit<Write, 'id'>, rows: readonly Values[]): Promise<Outcome[]> {
  const plan = writePlan(ctx, write);
  const { model } = write.entry;
  const input: Record<string, unknown> = {
    ...commonInputs(ctx, write),
    ...valueInputs(write),
    ifMatch: write.ifMatch ?? null,
  };
  const listed = new Set([idFieldOf(model), ...fieldsOf(model, Object.keys(write.values))]);
  for (const field of listed) input[listInput(field)] = rows.map((row) => textOf(field, row[field.key]));
  return (await runStatement(ctx, plan.statement, scopeOf(ctx, input))).map((row) => outcomeOf(plan, row));
}

/** The value as the database reads it from a text. */
function textOf(field: Field, value: unknown): string | null {
  const bound = driverValue(field, value);
  if (bound === null || typeof bound === 'string') return bound;
  if (bound instanceof Date) return bound.toISOString();
  if (Array.isArray(bound)) return `{${(bound as (string | null)[]).map(quoteItem).join(',')}}`;
  return typeof bound === 'object' ? JSON.stringify(bound) : String(bound as number | boolean | bigint);
}

const quoteItem = (item: string | null): string =>
  item === null ? 'NULL' : `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Throws for the first record that could not be found for this write. */
export async function requireAllFound(
  tx: TxCtx,
  { entry }: Pick<Write, 'entry'>,
  of: { ids: readonly unknown[]; outcomes: readonly Outcome[]; action: 'update' | 'delete' },
): Promise<void> {
  if (of.outcomes.length === of.ids.length) return;
  const found = new Set(of.outcomes.map(({ verdict }) => verdict['$id']));
  await refuseUnfound(tx, entry.model, String(of.ids.find((id) => !found.has(id))), of.action);
}

/** A transaction's connection takes one statement after the other. */
export async function oneByOne<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** The ids that the references mean, each once. */
export async function idsOf(ctx: Ctx, entry: SystemModel, references: readonly string[]): Promise<unknown[]> {
  return [...new Set(await oneByOne(references, (reference) => resolveId(ctx, entry, reference)))];
}

/** Throws `validation_failed` for more records than one request may write. */
export function requireFew(count: number): void {
  if (count > limits.recordsPerWrite) fail('validation_failed', `One request writes at most ${limits.recordsPerWrite} records.`);
}
