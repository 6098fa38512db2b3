/** Attaching databases: for whoever manages the project. Private addresses are reached for the instance's owner only. */
import type { AttachedDatabase, DatabaseConnection, DatabasePreview } from '@piper/shared/attached-databases';
import { fail } from '@piper/shared/errors';
import { accessProject } from '#features/projects';
import { userIdOf } from '#platform/actor';
import { seal } from '#platform/crypto';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { newId } from '#platform/ids';
import { attachKind, sealedAs, type AttachInput } from './attach.run.ts';
import { toAttached, toPreview } from './attached.present.ts';
import {
  deleteAttached,
  findAttached,
  insertAttached,
  listAttached,
  lockAttached,
  updateAttached,
  type AttachedChanges,
  type AttachedRow,
} from './attached.repo.ts';
import { beginAgain } from './copy-whole.ts';
import { asFailure, openForeign, type ForeignAddress } from './connect.ts';
import { planAttach } from './plan-attach.ts';

/** A person waits for the preview: a table is looked through this long, and all of them. */
const patience = { tableMs: 2_000, totalMs: 20_000 };
/** Longer than any statement of a preview may take. */
const silenceMs = 40_000;

/** Everybody else could look around in the network the server stands in. */
const isPublicOnly = ({ actor }: Ctx): boolean => !(actor.kind === 'user' && actor.role === 'OWNER');

const addressOf = (ctx: Ctx, { host, port, database, username, password, tls }: DatabaseConnection): ForeignAddress => ({
  host,
  database,
  username,
  password,
  port: port ?? 5_432,
  tls: tls ?? 'verified',
  publicOnly: isPublicOnly(ctx),
});

/** What attaching would make. Nothing is kept. */
export async function previewDatabase(ctx: Ctx, project: string, connection: DatabaseConnection): Promise<DatabasePreview> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  const client = await openForeign(addressOf(ctx, connection), silenceMs);
  try {
    const schemas = connection.schemas ?? null;
    return toPreview(await planAttach(ctx.deps.db, client, { projectId, space: newId(), schemas, ...patience }));
  } catch (error) {
    throw asFailure(error);
  } finally {
    await client.end();
  }
}

/** Begins to attach; the run does the rest. The connection is tried first, so that a wrong password is told at once. */
export async function attachDatabase(ctx: Ctx, project: string, connection: DatabaseConnection): Promise<AttachedDatabase> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  const { password, publicOnly, ...address } = addressOf(ctx, connection);
  await (await openForeign({ ...address, password, publicOnly }, silenceMs)).end();
  const id = newId();
  const runId = newId();
  return inTx(ctx, async (tx: TxCtx) => {
    await insertAttached(tx.db, {
      id,
      ...address,
      project_id: projectId,
      secret: sealed(ctx, id, password),
      schemas: connection.schemas ?? null,
      public_only: publicOnly,
      run_id: runId,
      created_by: userIdOf(ctx.actor) ?? null,
    });
    await start(tx, runId, { attachedId: id, projectId, type: 'database.attached' });
    return toAttached((await lockAttached(tx.db, id))!);
  });
}

const sealed = (ctx: Ctx, id: string, password: string | undefined): Buffer | null =>
  password === undefined ? null : seal(ctx.deps.env.secrets.encryption, password, sealedAs(id));

async function start(
  tx: TxCtx,
  runId: string,
  { type, ...input }: AttachInput & { type: 'database.attached' | 'database.updated' },
): Promise<void> {
  const { projectId, attachedId } = input;
  const createdBy = userIdOf(tx.actor);
  await tx.deps.runs.start(tx, { id: runId, kind: attachKind.name, input: { ...input }, projectId, createdBy });
  await appendEvent(tx, { topic: `project:${projectId}`, type, subject: attachedId, projectId });
}

export async function listDatabases(ctx: Ctx, project: string): Promise<AttachedDatabase[]> {
  const { id } = await accessProject(ctx, project, 'manage');
  return (await listAttached(ctx.db, id)).map(toAttached);
}

export async function readDatabase(ctx: Ctx, project: string, id: string): Promise<AttachedDatabase> {
  return toAttached(await accessAttached(ctx, project, id));
}

async function accessAttached(ctx: Ctx, project: string, id: string): Promise<AttachedRow> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  return (await findAttached(ctx.db, projectId, id)) ?? fail('not_found');
}

export interface Resume {
  host?: string;
  port?: number;
  password?: string;
}

/** Goes on with one that failed, or fetches once more what differs. Another address needs the password again, or whoever changes it could have it sent there. */
export async function resumeDatabase(ctx: Ctx, project: string, id: string, resume: Resume): Promise<AttachedDatabase> {
  const { project_id: projectId } = await accessAttached(ctx, project, id);
  const runId = newId();
  return inTx(ctx, async (tx: TxCtx) => {
    const row = (await lockAttached(tx.db, id)) ?? fail('not_found');
    const isDone = row.status === 'done';
    const differing = row.report?.filter(({ isSame }) => !isSame) ?? [];
    if (row.status !== 'failed' && !(isDone && differing.length > 0))
      fail('conflict', 'Only what failed, or is not the same, can be resumed.');
    if (isElsewhere(row, resume) && row.secret && resume.password === undefined)
      fail('validation_failed', 'Another address needs the password again.');
    await updateAttached(tx.db, id, {
      ...changesOf(ctx, id, resume),
      status: row.mapped ? 'creating' : 'inspecting',
      ...(isDone ? { progress: { ...row.progress, ...beginAgain(differing, ctx.deps.clock.now()) } } : {}),
      report: null,
      error: null,
      finished_at: null,
      run_id: runId,
      // What somebody else may reach is not reached for whoever resumes.
      public_only: isPublicOnly(ctx),
    });
    await start(tx, runId, { attachedId: id, projectId, type: 'database.updated' });
    return toAttached((await lockAttached(tx.db, id))!);
  });
}

const isElsewhere = (row: AttachedRow, { host = row.host, port = row.port }: Resume): boolean =>
  host !== row.host || port !== row.port;

const changesOf = (ctx: Ctx, id: string, { host, port, password }: Resume): AttachedChanges => ({
  ...(host === undefined ? {} : { host }),
  ...(port === undefined ? {} : { port }),
  ...(password === undefined ? {} : { secret: sealed(ctx, id, password) }),
});

/** Forgets it; a run that is copying ends. */
export async function detachDatabase(ctx: Ctx, project: string, id: string): Promise<void> {
  const row = await accessAttached(ctx, project, id);
  if (row.run_id !== null && row.status !== 'done' && row.status !== 'failed') await ctx.deps.runs.cancel(ctx, row.run_id);
  await inTx(ctx, async (tx: TxCtx) => {
    await deleteAttached(tx.db, id);
    await appendEvent(tx, {
      topic: `project:${row.project_id}`,
      type: 'database.detached',
      subject: id,
      projectId: row.project_id,
    });
  });
}
