/** The copy of a foreign database, step by step, for tests that cut it where they like. */
import type pg from 'pg';
import { system } from '../../server/src/platform/actor.ts';
import { ctxFor, type Ctx } from '../../server/src/platform/ctx.ts';
import { newId } from '../../server/src/platform/ids.ts';
import { pendingActions } from '../../server/src/features/data-models/attach/attach-actions.ts';
import { planCopy, type CopyTable } from '../../server/src/features/data-models/attach/copy-plan.ts';
import { copyWhole, type WholeCopy } from '../../server/src/features/data-models/attach/copy-whole.ts';
import { inspectDatabase } from '../../server/src/features/data-models/attach/inspect.ts';
import { makeOptional } from '../../server/src/features/data-models/attach/make-optional.ts';
import { mapDatabase } from '../../server/src/features/data-models/attach/map-database.ts';
import type { Mapped } from '../../server/src/features/data-models/attach/mapped.ts';
import { measureColumns } from '../../server/src/features/data-models/attach/measure.ts';
import { beginReading } from '../../server/src/features/data-models/attach/reading.ts';
import type { Verified } from '../../server/src/features/data-models/attach/verify.ts';
import { loadDefinitions } from '../../server/src/features/data-models/definitions.repo.ts';
import { applyActions } from '../../server/src/features/data-models/index.ts';
import { createProject, type TestUser } from '../accounts.ts';
import type { TestServer } from '../harness.ts';

export interface Attached {
  project: { id: string; slug: string };
  mapped: Mapped;
  tables: CopyTable[];
  at: Date;
}

export const contextOf = ({ deps }: TestServer): Ctx => ctxFor(deps, system, 'test');

/** A project with the models of the database, and no rows yet. */
export async function attachModels(server: TestServer, owner: TestUser, client: pg.Client): Promise<Attached> {
  const project = await createProject(owner);
  const inspected = await measureColumns(client, await inspectDatabase(client), { tableMs: 10_000 });
  const mapped = mapDatabase(inspected, { newId, space: newId() });
  await applyActions(contextOf(server), project.id, pendingActions(mapped, []));
  const { models } = await loadDefinitions(server.deps.db, project.id);
  return { project, mapped, tables: planCopy(mapped, models), at: new Date() };
}

/** One attempt, as of one moment. */
export async function copyFrom(
  server: TestServer,
  client: pg.Client,
  { tables, project, at, ...more }: Attached & Partial<WholeCopy>,
): Promise<Verified[]> {
  const ctx = contextOf(server);
  const { signal } = new AbortController();
  await beginReading(client, { isOneMoment: true });
  try {
    return await copyWhole(ctx, {
      source: client,
      tables,
      at,
      signal,
      progress: {},
      by: null,
      save: () => Promise.resolve(),
      tell: () => Promise.resolve(),
      loosen: async (violation) =>
        (await makeOptional({ ctx, signal, input: { projectId: project.id } }, violation)) !== undefined,
      ...more,
    });
  } finally {
    await client.query('rollback');
  }
}
