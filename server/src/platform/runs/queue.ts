/**
 * Queues of runs on DBOS. Each attempt of a run is one short DBOS workflow, `<run>:<attempt>`, enqueued in the
 * transaction that made (or gave back) the run; DBOS decides when and where it is dequeued, and the workflow claims the
 * run's row and executes it. DBOS keeps its registry in static fields: one process can execute queues of one database.
 * The library loads when the first queued run appears.
 */
import { CompiledQuery, sql } from 'kysely';
import type { ClientBase } from 'pg';
import type { DBOSClient } from '@dbos-inc/dbos-sdk';
import type { Tx } from '../db/db.ts';
import type { Deps } from '../deps.ts';
import type { RunKind } from './kind.ts';
import { hasQueueTables, makeQueueTables } from './queue-tables.ts';
import { bumpStranded, type RunRow } from './run-rows.ts';

const application = 'piper';
/** Fixed: a run is pinned to what it needs by its own row, and an edit of the source must not strand what is queued. */
const applicationVersion = '1';
const workflowName = 'executeRun';
const defaultConcurrency = 4;
/** Nobody waits for what is queued; each look costs an idle process. */
const pollMs = 500;
const unusedMs = 60_000;

export interface RunQueue {
  /** Makes DBOS' tables if they are not there. Never inside a transaction: it builds indexes concurrently and would wait for it. */
  prepare(): Promise<void>;
  /** Enqueues the next attempt of a run; it becomes visible with the commit of `tx`. */
  enqueue(tx: Tx, run: RunRow): Promise<void>;
  /** Begins to take queued runs in this process. */
  launch(executorId: string, execute: (runId: string) => Promise<void>): Promise<void>;
  /** Ends what a dead executor had taken; its runs were enqueued anew. */
  forget(tx: Tx, executorId: string): Promise<void>;
  /** Queued runs that no workflow waits for (their process ended between dequeuing and claiming), counted as attempted. */
  takeStranded(tx: Tx, kinds: readonly string[]): Promise<RunRow[]>;
  close(): Promise<void>;
}

type QueueDeps = Pick<Deps, 'db' | 'pool' | 'databaseUrl' | 'log'>;

const queueName = (kind: string) => `run.${kind}`;

export function openRunQueue(deps: QueueDeps, kinds: readonly RunKind[]): RunQueue {
  let client: Promise<DBOSClient> | undefined;
  let launched: Promise<void> | undefined;

  async function openClient(): Promise<DBOSClient> {
    const { DBOSClient } = await import('@dbos-inc/dbos-sdk');
    return DBOSClient.create({
      systemDatabaseUrl: deps.databaseUrl,
      systemDatabasePool: deps.pool,
      applicationName: application,
      logger: dbosLogger(deps),
    });
  }
  const ready = () =>
    (client ??= openClient().catch((error: unknown) => {
      client = undefined;
      throw error;
    }));

  return {
    prepare: () => (kinds.length > 0 ? makeQueueTables(deps.pool, deps.databaseUrl, dbosLogger(deps)) : Promise.resolve()),
    async enqueue(tx, run) {
      const options = {
        queueName: queueName(run.kind),
        workflowName,
        workflowID: `${run.id}:${run.attempt + 1}`,
        appVersion: applicationVersion,
        queuePartitionKey: run.projectId ?? run.createdBy ?? 'instance',
      };
      await (await ready()).enqueueInTransaction(asPgClient(tx), options, run.id);
    },
    launch(executorId, execute) {
      launched ??= launchDbos(deps, kinds, executorId, execute);
      return launched;
    },
    async forget(tx, executorId) {
      if (!(await hasQueueTables(asPgClient(tx)))) return;
      await sql`update dbos.workflow_status set status = 'CANCELLED', owner_xid = null where executor_id = ${executorId} and status = 'PENDING'`.execute(
        tx,
      );
    },
    async takeStranded(tx, kinds) {
      if (!(await hasQueueTables(asPgClient(tx)))) return [];
      return bumpStranded(tx, kinds);
    },
    async close() {
      if (launched) {
        await launched.catch(() => {});
        const { DBOS } = await import('@dbos-inc/dbos-sdk');
        await DBOS.shutdown({ deregister: true });
      }
      await (await client)?.destroy();
    },
  };
}

async function launchDbos(
  deps: QueueDeps,
  kinds: readonly RunKind[],
  executorId: string,
  execute: (runId: string) => Promise<void>,
): Promise<void> {
  const { DBOS } = await import('@dbos-inc/dbos-sdk');
  if (DBOS.isInitialized()) throw new Error('queued runs are executed in this process already, for another server');
  DBOS.setConfig({
    name: application,
    applicationVersion,
    executorID: executorId,
    systemDatabaseUrl: deps.databaseUrl,
    systemDatabasePool: deps.pool,
    // Nothing here uses DBOS' own streams, events and schedules: what serves them need not be awake.
    notificationCoalesceMs: unusedMs,
    schedulerPollingIntervalMs: unusedMs,
    logger: dbosLogger(deps),
  });
  DBOS.registerWorkflow(execute, { name: workflowName });
  await DBOS.launch();
  for (const kind of kinds) {
    const workerConcurrency = kind.concurrency ?? defaultConcurrency;
    // One project may take at most half of the places while others wait.
    await DBOS.registerQueue(queueName(kind.name), {
      workerConcurrency,
      partitionWorkerConcurrency: Math.max(1, Math.ceil(workerConcurrency / 2)),
      minPollingIntervalMs: pollMs,
      onConflict: 'always_update',
    });
  }
}

/** DBOS asks for a client of pg, of which it only calls `query`; the transaction is Kysely's. */
function asPgClient(tx: Tx): ClientBase {
  const query = async (text: string, values: unknown[] = []) => {
    const { rows, numAffectedRows } = await tx.executeQuery(CompiledQuery.raw(text, values));
    return { rows, rowCount: numAffectedRows === undefined ? rows.length : Number(numAffectedRows) };
  };
  return { query } as unknown as ClientBase;
}

function dbosLogger({ log }: QueueDeps) {
  const child = log.child({ part: 'dbos' });
  const write = (level: 'debug' | 'warn' | 'error') => (entry: unknown) =>
    entry instanceof Error ? child[level]({ err: entry }, entry.message) : child[level](String(entry));
  return { info: write('debug'), debug: write('debug'), warn: write('warn'), error: write('error') };
}
