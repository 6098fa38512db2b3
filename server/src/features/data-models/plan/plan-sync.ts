/** A trigger that keeps new columns in step with those they replace, until the switch. */
import { quote } from '#platform/records/sql-writer';
import type { RowSql } from './convert.ts';
import { nameFrom } from './physical.ts';
import { emit, exclusive, type Planning, type TableChange } from './planning.ts';
import { hasTrigger, tableSql } from './statements.ts';

export interface Synced {
  column: string;
  value: RowSql;
  /** Columns that it follows. */
  on: string[];
}

/** One trigger for all columns of a table. Filling in batches does not fire it: it follows other columns. */
export function planSync(planning: Planning, { old, table }: TableChange, synced: readonly Synced[]): void {
  if (synced.length === 0) return;
  const model = table.model.id;
  const name = nameFrom('sync', model);
  const place = `${quote(old.schema)}.${name}`;
  const lines = synced.map(({ column, value }) => `new.${quote(column)} := ${value('new')};`);
  const on = [...new Set(synced.flatMap((one) => one.on))].map(quote).join(', ');
  const remove = `drop trigger if exists ${name} on ${tableSql(old)};\ndrop function if exists ${place}()`;
  emit(planning, 'synced', {
    kind: 'brief',
    model,
    sql: [
      `create or replace function ${place}() returns trigger language plpgsql as $piper$ begin ${lines.join(' ')} return new; end $piper$`,
      `create trigger ${name} before insert or update of ${on} on ${tableSql(old)} for each row execute function ${place}()`,
    ].join(';\n'),
    locks: [{ ...exclusive(old), mode: 'share row exclusive' }],
    done: hasTrigger(old, name),
    undo: { sql: remove, locks: [exclusive(old)] },
    sentence: `Keep new values of "${table.model.label}" in step meanwhile.`,
  });
  emit(planning, 'unsynced', {
    kind: 'brief',
    model,
    sql: remove,
    locks: [exclusive(old)],
    sentence: `Stop keeping "${table.model.label}" in step.`,
  });
}
