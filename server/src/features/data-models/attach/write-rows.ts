/** Copied rows, written into a project's tables; what is there already stays as it is. */
import { CompiledQuery } from 'kysely';
import type { Tx } from '#platform/db/db';
import { literal } from '#platform/records/sql-writer';
import type { CopyColumn, CopyTable } from './copy-plan.ts';
import type { Page } from './read-rows.ts';

const execute = (tx: Tx, text: string, values: unknown[]) =>
  tx.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, values));

/** The page's values as rows of the table `s`, from the parameters on: `i` is the id, `c0` … the columns. */
function pageSql(columns: readonly CopyColumn[], from: number): string {
  const arrays = ['i', ...columns.map((_column, n) => `c${n}`)];
  return `unnest(${arrays.map((_name, n) => `$${n + from}::text[]`).join(', ')}) as s(${arrays.join(', ')})`;
}

/** Creates records; `by` is whoever attached the database. */
export async function insertRows(
  tx: Tx,
  { target }: CopyTable,
  columns: readonly CopyColumn[],
  page: Page & { by: string | null },
): Promise<void> {
  const names = columns.map(({ name }) => name);
  const values = columns.map(({ type }, n) => `s.c${n}::${type}`);
  await execute(
    tx,
    `insert into ${target} (${['id', 'created_at', 'updated_at', 'created_by', 'updated_by', 'version', ...names].join(', ')})
      select ${['s.i::uuid', 'now()', 'now()', '$1::uuid', '$1::uuid', '1', ...values].join(', ')} from ${pageSql(columns, 2)}
      on conflict (id) do nothing`,
    [page.by, ...page.values],
  );
}

/** Sets columns of records that are there; not a change of anybody's, so no version is counted. */
export async function setColumns(tx: Tx, { target }: CopyTable, columns: readonly CopyColumn[], page: Page): Promise<void> {
  const set = columns.map(({ name, type }, n) => `${name} = s.c${n}::${type}`).join(', ');
  await execute(tx, `update ${target} t set ${set} from ${pageSql(columns, 1)} where t.id = s.i::uuid`, page.values);
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
