/**
 * Fetches related records: one statement per relation and level, whatever the number of records. What the actor may not see is
 * null, or missing from the list.
 */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '../ctx.ts';
import { bindSlots, searchPattern } from './asked.ts';
import type { RelatedLevel, RelatedQuery } from './deep.ts';
import type { Values } from './hooks.ts';
import type { Nested, NestedBranch } from './projection.ts';
import { mayWrite } from '../key-scope.ts';
import { runStatement, scopeOf, type Row } from './run-statement.ts';
import type { Scope } from './sql-writer.ts';

interface Expansion {
  ctx: Ctx;
  asked: ReadonlyMap<string, RelatedQuery>;
  /** How many records stand in each, itself included. */
  sizes: Map<Values, number>;
  /** One request shall not take all connections. */
  run: Turn;
}
type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** Statements of one request that run at once. */
const atOnce = 4;

/** Puts related records into `records`, in place. Throws `validation_failed` when they become too many. */
export async function attachNested(
  ctx: Ctx,
  nested: readonly Nested[],
  records: readonly Values[],
  asked?: RelatedLevel,
): Promise<void> {
  if (nested.length === 0 || records.length === 0) return;
  const run = turns(ctx.db.isTransaction ? 1 : atOnce);
  await expand({ ctx, asked: byPath(asked), sizes: new Map(), run }, nested, records);
}

function byPath(level: RelatedLevel | undefined): Map<string, RelatedQuery> {
  const all = [...(level?.relations.values() ?? [])];
  return new Map(all.flatMap((query) => [[query.path, query] as const, ...byPath(query)]));
}

/** Runs what it is given, so many at once. */
function turns(free: number): Turn {
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

async function expand(expansion: Expansion, nested: readonly Nested[], records: readonly Values[]): Promise<void> {
  const done = await Promise.allSettled(nested.map((part) => expandOne(expansion, part, records)));
  const failed = done.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

async function expandOne(expansion: Expansion, part: Nested, records: readonly Values[]): Promise<void> {
  const found = await Promise.all(part.branches.map((branch) => fetchBranch(expansion, part, branch, records)));
  attach(expansion, part, records, found);
}

type Found = Map<unknown, Values[]>;

async function fetchBranch(expansion: Expansion, part: Nested, branch: NestedBranch, records: readonly Values[]): Promise<Found> {
  const ids = [...new Set(records.map((record) => soughtBy(part, branch, record[part.from])))].filter((id) => id !== null);
  if (ids.length === 0) return new Map();
  const rows = await expansion.run(() => runStatement(expansion.ctx, branch.statement, scopeFor(expansion, part, branch, ids)));
  if (rows.length > limits.relatedRecords) refuseMany(`${limits.relatedRecords} records of ${part.word}`);
  const found = rows.map((row) => ({ to: row['$to'], record: recordOf(part, branch, row) }));
  const { nested } = branch.projection;
  if (nested.length > 0 && found.length > 0) {
    const inner = found.map(({ record }) => record);
    await expand(expansion, nested, inner);
  }
  const byParent: Found = new Map();
  for (const { to, record } of found) {
    const list = byParent.get(to);
    if (list) list.push(record);
    else byParent.set(to, [record]);
  }
  return byParent;
}

/** What a record is found by; null when it leads nowhere, or to another model. */
function soughtBy({ kind }: Nested, { target }: NestedBranch, value: unknown): unknown {
  if (kind !== 'any' || typeof value !== 'string') return value ?? null;
  const prefix = `${target.id}/`;
  return value.startsWith(prefix) ? value.slice(prefix.length) : null;
}

function scopeFor({ ctx, asked }: Expansion, { path }: Nested, { slots }: NestedBranch, ids: unknown[]): Scope {
  const query = path === undefined ? undefined : asked.get(path);
  const search = query?.search === undefined ? undefined : searchPattern(query.search);
  const input = { ids, mayWrite: mayWrite(ctx), limit: query?.limit, offset: query?.offset, search };
  return scopeOf(ctx, input, bindSlots(slots, query?.filter?.values ?? []));
}

function recordOf({ kind }: Nested, { target, projection }: NestedBranch, row: Row): Values {
  const record = projection.read(row);
  delete record['$to'];
  delete record['$any'];
  if (kind === 'any') record['$model'] = target.key;
  return record;
}

function attach({ sizes }: Expansion, part: Nested, records: readonly Values[], found: readonly Found[]): void {
  let written = 0;
  for (const record of records) {
    const value = record[part.from];
    const related = part.branches.flatMap((branch, i) => found[i]!.get(soughtBy(part, branch, value)) ?? []);
    delete record[part.from];
    if (part.kind === 'many') record[part.word] = part.idsOnly ? related.map((other) => other['id']) : related;
    else record[part.word] = related[0] ?? unexpanded(part, value);
    const size = related.reduce((sum, other) => sum + (sizes.get(other) ?? 1), sizes.get(record) ?? 1);
    sizes.set(record, size);
    written += size;
  }
  if (written - records.length > limits.expandedRecords) refuseMany(`${limits.expandedRecords} related records`);
}

/** A polymorphic value of a model that was not asked for stays as it is; a record that is not to be seen is null. */
function unexpanded({ kind, branches, others }: Nested, value: unknown): unknown {
  if (kind !== 'any' || typeof value !== 'string') return null;
  if (branches.some((branch) => value.startsWith(`${branch.target.id}/`))) return null;
  return others(value);
}

function refuseMany(what: string): never {
  fail('validation_failed', `Not valid: "fields" asks for more than ${what}. Read fewer at once.`);
}
