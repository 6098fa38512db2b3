/** Fetches related records: one statement per relation and level, whatever the number of records. */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '../ctx.ts';
import type { Values } from './hooks.ts';
import type { Nested } from './projection.ts';
import { mayWrite } from './key-scope.ts';
import { runStatement, scopeOf } from './run-statement.ts';

/** Puts related records into `records`, in place; what the actor may not see is null, or missing from the list. */
export async function attachNested(ctx: Ctx, nested: readonly Nested[], records: readonly Values[]): Promise<void> {
  await inTurn(ctx, nested, async (part) => {
    const ids = [...new Set(records.map((record) => record[part.from]).filter((id) => id !== null && id !== undefined))];
    const rows = ids.length === 0 ? [] : await runStatement(ctx, part.statement, scopeOf(ctx, { ids, mayWrite: mayWrite(ctx) }));
    if (rows.length > limits.relatedRecords)
      fail(
        'validation_failed',
        `Not valid: "fields" asks for more than ${limits.relatedRecords} records of ${part.word}. Read fewer at once.`,
      );
    const found = rows.map((row) => ({ to: row['$to'], record: part.projection.read(row) }));
    if (part.projection.nested.length > 0) {
      await attachNested(
        ctx,
        part.projection.nested,
        found.map(({ record }) => record),
      );
    }
    attach(part, records, found);
  });
}

/** A transaction's one connection takes statements one after the other; the pool takes them together. */
async function inTurn<T>(ctx: Ctx, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  if (!ctx.db.isTransaction) {
    await Promise.all(items.map(work));
    return;
  }
  for (const item of items) await work(item);
}

function attach(part: Nested, records: readonly Values[], found: { to: unknown; record: Values }[]): void {
  const byParent = Map.groupBy(found, ({ to }) => to);
  for (const { record } of found) delete record['$to'];
  for (const record of records) {
    const related = (byParent.get(record[part.from]) ?? []).map((entry) => entry.record);
    delete record[part.from];
    if (part.kind === 'one') record[part.word] = related[0] ?? null;
    else record[part.word] = part.idsOnly ? related.map((other) => other['id']) : related;
  }
}
