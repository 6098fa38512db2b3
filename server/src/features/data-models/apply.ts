/** Brings a project's tables from one state of its definitions to the next, with the definitions, in one transaction. */
import { sql } from 'kysely';
import type { Field } from '@piper/shared/data-model';
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import type { Ctx } from '#platform/ctx';
import type { Tx } from '#platform/db/db';
import { afterCommit, inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { newId } from '#platform/ids';
import { columnTypeOf } from '#platform/records/fields/index';
import { quote, quoteTable } from '#platform/records/sql-writer';
import { loadDefinitions, roleKeysOf, saveDefinitions } from './definitions.repo.ts';
import { editDefinitions } from './edit/index.ts';
import { schemaOf } from './names.ts';
import { forgetCatalogue } from './project-catalogue.ts';

/** Applies the actions at once. Returns the new metadata version; `conflict` when somebody was faster. */
export async function applyActions(ctx: Ctx, projectId: string, actions: readonly ModelAction[]): Promise<number> {
  return inTx(ctx, async (tx) => {
    const before = await loadDefinitions(tx.db, projectId);
    const roles = await roleKeysOf(tx.db, projectId);
    const after = editDefinitions(before, actions, { projectId, newId, now: ctx.deps.clock.now().toISOString(), roles });
    await changeTables(tx.db, before, after);
    const version = (await saveDefinitions(tx.db, before, after)) ?? fail('conflict');
    await appendEvent(tx, { topic: `project:${projectId}`, type: 'models.changed', projectId, data: { version } });
    afterCommit(tx.db, () => forgetCatalogue(ctx.deps, projectId));
    return version;
  });
}

async function changeTables(tx: Tx, before: Definitions, after: readonly ModelDefinition[]): Promise<void> {
  await run(tx, `create schema if not exists ${quote(schemaOf(before.projectId!))}`);
  const old = new Map(before.models.map((model) => [model.id, model]));
  for (const model of after.filter((one) => !old.has(one.id))) await run(tx, createTable(model));
  for (const model of after) {
    const known = new Set(old.get(model.id)?.fields.map((field) => field.id));
    for (const field of model.fields)
      if (old.has(model.id) && field.column && !known.has(field.id))
        await run(tx, `alter table ${quoteTable(model.table)} add column ${columnDdl(field)}`);
  }
}

const createTable = (model: ModelDefinition): string =>
  `create table ${quoteTable(model.table)} (${model.fields
    .filter((field) => field.column)
    .map(columnDdl)
    .join(', ')})`;

function columnDdl(field: Field): string {
  const base = `${quote(field.column!)} ${columnTypeOf(field).cast}`;
  if (field.id === 'id') return `${base} primary key`;
  return field.key === 'version' ? `${base} not null default 1` : base;
}

const run = (tx: Tx, text: string): Promise<unknown> => sql.raw(text).execute(tx);
