/**
 * The run that attaches a database: inspect, make the models, copy, verify. Each stage begins where the row of the attached
 * database says, so whatever ends the process, the next attempt goes on there.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { fail } from '@piper/shared/errors';
import { open } from '#platform/crypto';
import type { Ctx, TxCtx } from '#platform/ctx';
import type { Tx } from '#platform/db/db';
import { inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import type { RunHandle, RunKind } from '#platform/runs/kind';
import { loadDefinitions } from '../definitions.repo.ts';
import { closingActions, pendingActions } from './attach-actions.ts';
import { lockAttached, updateAttached, type AttachedChanges, type AttachedRow } from './attached.repo.ts';
import { changeModels } from './change-models.ts';
import { asFailure, isLost, openForeign, type ForeignAddress } from './connect.ts';
import { planCopy } from './copy-plan.ts';
import { copyWhole, type WholeCopy } from './copy-whole.ts';
import { makeOptional } from './make-optional.ts';
import type { Mapped } from './mapped.ts';
import { planAttach } from './plan-attach.ts';
import { reading, type Client } from './reading.ts';

export interface AttachInput {
  attachedId: string;
  projectId: string;
}

export const attachKind: RunKind<AttachInput, { isSame: boolean }> = {
  name: 'attach-database',
  executes: 'queue',
  afterCrash: 'resume',
  // One that waits for a slow server does not keep everybody else's waiting.
  concurrency: 4,
  execute: attach,
  onEnd: async (tx, { input, error, status }) => {
    const known = error ?? { code: 'run_interrupted', message: `Attaching was ${status}.` };
    await change(tx, input, { status: 'failed', error: known, finished_at: tx.deps.clock.now() });
  },
};

export const sealedAs = (id: string): string => `piper.attached_databases:${id}:secret`;

/** What the row says of where the database is, with the password opened. */
export function addressOf(ctx: Ctx, row: AttachedRow): ForeignAddress {
  const { host, port, database, username, tls } = row;
  const password = row.secret ? open(ctx.deps.env.secrets.encryption, row.secret, sealedAs(row.id)) : undefined;
  return { host, port, database, username, tls, password, publicOnly: row.public_only };
}

/** Waits between attempts to reach a database that was lost, in seconds. */
const patience = [1, 5, 20, 60];
/** Looking through a table of some hundred million rows ends here. */
const tableMs = 300_000;
/** A statement that is not answered by then never is: summing up such a table takes a fraction of it. */
const silenceMs = 3_600_000;

/** An attempt that lasted so long came forward: patience begins anew. */
const steadyMs = 300_000;

/** A lost connection is taken up again some times; what the server refuses is said as it says it. */
async function attach(run: RunHandle<AttachInput>): Promise<{ isSame: boolean }> {
  for (let attempt = 0; ; attempt++) {
    const begun = performance.now();
    try {
      return await attachOnce(run);
    } catch (error) {
      run.signal.throwIfAborted();
      if (performance.now() - begun > steadyMs) attempt = 0;
      const wait = isLost(error) ? patience[attempt] : undefined;
      if (wait === undefined) throw asFailure(error);
      run.ctx.log.warn({ err: error, attached: run.input.attachedId }, 'the connection to an attached database was lost');
      await pause(wait * 1_000, undefined, { signal: run.signal });
    }
  }
}

async function attachOnce(run: RunHandle<AttachInput>): Promise<{ isSame: boolean }> {
  const { ctx, input, signal } = run;
  const row = await inTx(ctx, ({ db }) => lockAttached(db, input.attachedId));
  if (!row) return fail('not_found');
  const client = await openForeign(addressOf(ctx, row), silenceMs);
  // A statement that runs for long ends with its connection.
  const cut = (): void => void client.end();
  signal.addEventListener('abort', cut, { once: true });
  try {
    const mapped = row.mapped ?? (await plan(run, client, row));
    await changeModels(run, (models) => pendingActions(mapped, models));
    return await copyRows(run, client, { ...row, mapped });
  } finally {
    signal.removeEventListener('abort', cut);
    cut();
  }
}

async function plan({ ctx, input }: RunHandle<AttachInput>, client: Client, row: AttachedRow): Promise<Mapped> {
  const { projectId, attachedId } = input;
  const mapped = await planAttach(ctx.db, client, { projectId, space: attachedId, schemas: row.schemas, tableMs });
  if (mapped.models.length === 0) fail('database_refused', 'The database has no table or view that could become a data model.');
  await changeNow(ctx, input, { mapped, status: 'creating' });
  return mapped;
}

async function copyRows(
  run: RunHandle<AttachInput>,
  source: Client,
  row: AttachedRow & { mapped: Mapped },
): Promise<{ isSame: boolean }> {
  const { ctx, input, signal } = run;
  const { models } = await loadDefinitions(ctx.db, input.projectId);
  const tables = planCopy(row.mapped, models);
  const save = (tx: Tx, progress: AttachedRow['progress']): Promise<void> => keep(tx, input, { progress });
  const { progress, created_by: by, created_at: at } = row;
  const copy: WholeCopy = {
    source,
    tables,
    progress,
    save,
    by,
    at,
    signal,
    loosen: (violation) => loosen(run, row.mapped, violation),
    tell: (status) => changeNow(ctx, input, { status }),
  };
  const report = await reading(source, { isOneMoment: true }, () => copyWhole(ctx, copy));
  await changeModels(run, (now) => closingActions(row.mapped, now));
  const isSame = report.every((table) => table.isSame);
  // The password has no further use, unless what differs is fetched once more.
  const secret = isSame ? { secret: null } : {};
  await changeNow(ctx, input, { report, status: 'done', ...secret, finished_at: ctx.deps.clock.now() });
  return { isSame };
}

/** A field that can't be demanded after all, listed among what is not as it was. */
async function loosen(run: RunHandle<AttachInput>, mapped: Mapped, violation: pg.DatabaseError): Promise<boolean> {
  const found = violation.code === '23502' ? await makeOptional(run, violation) : undefined;
  if (!found) return false;
  const of = mapped.models.find(({ model }) => model.id === found.model);
  // A relation that is written late is demanded again when all is there.
  if (of?.relations.some(({ field, requireLate }) => requireLate && field.id === found.field.id)) return true;
  const reason = 'A value that cannot be held came to it while it was copied: it may be empty here.';
  mapped.unmapped.push({ what: 'value', ...(of ? { table: of.name } : {}), name: found.field.label, reason });
  await changeNow(run.ctx, run.input, { mapped });
  return true;
}

const changeNow = (ctx: Ctx, input: AttachInput, changes: AttachedChanges): Promise<void> =>
  inTx(ctx, (tx: TxCtx) => change(tx, input, changes));

async function keep(tx: Tx, { attachedId }: AttachInput, changes: AttachedChanges): Promise<void> {
  if (!(await updateAttached(tx, attachedId, changes))) fail('not_found');
}

/** With an event for whoever watches. A database that was forgotten meanwhile has nothing to keep. */
async function change(tx: TxCtx, { attachedId, projectId }: AttachInput, changes: AttachedChanges): Promise<void> {
  if (!(await updateAttached(tx.db, attachedId, changes))) return;
  const data = { after: { status: changes.status } };
  await appendEvent(tx, { topic: `project:${projectId}`, type: 'database.updated', subject: attachedId, projectId, data });
}
