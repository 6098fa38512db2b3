/**
 * Copied rows, written into a project's tables. Those of one attachment all bear the moment it was made as that of their creation:
 * with it, and while nobody changed them here, they are written over when they are read once more; others stay as they are.
 */
import { CompiledQuery } from 'kysely';
import pg from 'pg';
import type { Ctx } from '#platform/ctx';
import type { Tx } from '#platform/db/db';
import { inTx } from '#platform/db/tx';
import { literal } from '#platform/records/sql-writer';
import type { CopyColumn, CopyTable } from './copy-plan.ts';
import type { Page } from './read-rows.ts';

export interface Stamp {
  /** Who attached the database, and when. */
  by: string | null;
  at: Date;
  /** When the pass began that writes them; later than `at` where rows are read once more. */
  written: Date;
  isAgain: boolean;
}

const execute = (tx: Tx, text: string, values: unknown[]) =>
  tx.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, values));

/** Whether a unique value is another record's already. */
export const isTaken = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '23505';

/** The page's values as rows of the table `s`, from the parameters on: `i` is the id, `c0` … the columns. */
function pageSql(columns: readonly CopyColumn[], from: number): string {
  const arrays = ['i', ...columns.map((_column, n) => `c${n}`)];
  return `unnest(${arrays.map((_name, n) => `$${n + from}::text[]`).join(', ')}) as s(${arrays.join(', ')})`;
}

/** Creates records, or writes over those that are there. */
export async function insertRows(
  tx: Tx,
  { target }: CopyTable,
  columns: readonly CopyColumn[],
  { by, at, written, values: page }: Page & Stamp,
): Promise<void> {
  const names = columns.map(({ name }) => name);
  const values = columns.map(({ type }, n) => `s.c${n}::${type}`);
  const set = ['updated_at', 'deleted_at', ...names].map((name) => `${name} = excluded.${name}`);
  await execute(
    tx,
    `insert into ${target} as t (${['id', 'created_at', 'updated_at', 'created_by', 'updated_by', 'version', ...names].join(', ')})
      select ${['s.i::uuid', '$1::timestamptz', '$2::timestamptz', '$3::uuid', '$3::uuid', '1', ...values].join(', ')} from ${pageSql(columns, 4)}
      on conflict (id) do update set ${set.join(', ')} where t.created_at = excluded.created_at and t.version = 1`,
    [at, written, by, ...page],
  );
}

/** Sets columns of records that are there; not a change of anybody's, so no version is counted. */
export async function setColumns(
  tx: Tx,
  { target }: CopyTable,
  columns: readonly CopyColumn[],
  { at, values }: Page & Stamp,
): Promise<void> {
  // Somebody may have filled them here meanwhile, and may fill the others of a record that is being copied.
  const set = columns.map(
    ({ name, type }, n) => `${name} = case when t.version = 1 or t.${name} is null then s.c${n}::${type} else t.${name} end`,
  );
  await execute(
    tx,
    `update ${target} t set ${set.join(', ')} from ${pageSql(columns, 2)} where t.id = s.i::uuid and t.created_at = $1`,
    [at, ...values],
  );
}

/** Puts those into the bin that this pass did not write: it has not come to them yet, or they are gone at their home. */
export const setAside = (ctx: Ctx, { target }: CopyTable, { at, written }: Stamp): Promise<void> =>
  sweep(ctx, target, {
    set: 'deleted_at = now()',
    where: 't.created_at = $2 and t.version = 1 and t.deleted_at is null and t.updated_at < $3',
    values: [at, written],
  });

/** Empties columns that nobody filled here. */
export const emptyColumns = (ctx: Ctx, { target }: CopyTable, columns: readonly CopyColumn[], { at }: Stamp): Promise<void> =>
  sweep(ctx, target, {
    set: columns.map(({ name }) => `${name} = null`).join(', '),
    where: `t.created_at = $2 and t.version = 1 and (${columns.map(({ name }) => `t.${name}`).join(', ')}) is distinct from (${columns.map(() => 'null').join(', ')})`,
    values: [at],
  });

/** Records that one transaction looks at. */
const sweepRows = 20_000;

/** Updates all of a table in the order of ids, part by part: no transaction is long. */
async function sweep(
  ctx: Ctx,
  target: string,
  { set, where, values }: { set: string; where: string; values: unknown[] },
): Promise<void> {
  for (let last: unknown = '00000000-0000-0000-0000-000000000000'; last !== undefined;) {
    const { rows } = await inTx(ctx, ({ db }) =>
      execute(
        db,
        `with part as materialized (select id from ${target} where id > $1 order by id limit ${sweepRows}),
          swept as (update ${target} t set ${set} from part where t.id = part.id and ${where})
          select id from part order by id desc limit 1`,
        [last, ...values],
      ),
    );
    last = rows[0]?.['id'];
  }
}

/** Lets a column's sequence go on after its largest number. */
export async function advanceSequence(tx: Tx, { target }: CopyTable, { name }: CopyColumn): Promise<void> {
  await execute(
    tx,
    `select setval(substring(pg_get_expr(d.adbin, d.adrelid) from '^nextval\\(''(.*)''::regclass\\)$')::regclass, greatest(m.last, 1), coalesce(m.last >= 1, false))
      from (select max(${name}) as last from ${target}) m, pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
      where d.adrelid = ${literal(target)}::regclass and quote_ident(a.attname) = quote_ident(${literal(name.slice(1, -1).replaceAll('""', '"'))})
        and pg_get_expr(d.adbin, d.adrelid) like 'nextval(%'`,
    [],
  );
}
