import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { createTestDatabase, openTestServer, until, type TestDatabase, type TestServer } from '../../../../test/harness.ts';
import { system } from '../actor.ts';
import { ctxFor, type TxCtx } from '../ctx.ts';
import { inTx } from '../db/tx.ts';
import type { Deps } from '../deps.ts';
import { defineFeature } from '../feature.ts';
import type { RunHandle, RunKind } from './kind.ts';
import type { StoredPart } from './parts.ts';

/** What the kinds below did, by run. */
const log = new Map<string, string[]>();
const did = (id: string, what: string) => log.set(id, [...(log.get(id) ?? []), what]);
const gates = new Map<string, () => void>();
const gate = (id: string, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    gates.set(id, resolve);
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

interface Behaviour {
  gate?: boolean;
  fail?: boolean;
  swallow?: boolean;
  big?: boolean;
}

async function behave(run: RunHandle<Behaviour>): Promise<unknown> {
  did(run.id, `attempt ${run.attempt}`);
  const first = await run.step('first', 'pure', async () => {
    did(run.id, 'first');
    return { made: run.input.big ? 'x'.repeat(100_000) : 'small' };
  });
  if (run.input.fail) throw new Error('a bug');
  const second = await run.step('second', 'idempotent', async ({ idempotencyKey, signal }) => {
    did(run.id, idempotencyKey);
    if (run.input.gate)
      await gate(run.id, signal).catch((error: unknown) => (run.input.swallow ? undefined : Promise.reject(error as Error)));
    return 2;
  });
  await run.transact('third', async (tx) => sql`select 1`.execute(tx.db).then(() => null));
  return { first: first.made.length, second };
}

const kind = (name: string, rest: Partial<RunKind<Behaviour>>): RunKind<Behaviour> => ({
  name,
  executes: 'inline',
  afterCrash: 'resume',
  execute: behave,
  onEnd: async ({ db }, run) => {
    await sql`select 1`.execute(db);
    did(run.id, `ended ${run.status}`);
  },
  ...rest,
});

const feature = defineFeature({
  name: 'trial',
  runKinds: [
    kind('inline', {}),
    kind('fragile', { afterCrash: 'interrupt' }),
    kind('queued', { executes: 'queue', concurrency: 2 }),
    kind('brokenEnd', { onEnd: () => Promise.reject(new Error('onEnd is broken')) }),
  ],
});

const start = (deps: Deps, name: string, input: Behaviour = {}, id?: string): Promise<string> =>
  inTx(ctxFor(deps, system, 'test'), (tx: TxCtx) =>
    deps.runs.start(tx, { kind: name, input: { ...input }, ...(id ? { id } : {}) }),
  );

interface Row {
  status: string;
  attempt: number;
  output: unknown;
  error: { code: string } | null;
}

async function rowOf({ db }: Deps, id: string): Promise<Row> {
  const { rows } = await sql<Row>`select status, attempt, output, error from piper.runs where id = ${id}`.execute(db);
  return rows[0]!;
}

const ended = (deps: Deps, id: string, timeoutMs = 8_000): Promise<Row> =>
  until(
    async () => {
      const row = await rowOf(deps, id);
      return ['queued', 'running'].includes(row.status) ? undefined : row;
    },
    { timeoutMs, what: `run ${id} did not end` },
  );

async function typesOf({ db }: Deps, id: string): Promise<string[]> {
  const { rows } = await sql<{
    type: string;
  }>`select type from piper.events where topic = ${`run:${id}`} order by position`.execute(db);
  return rows.map((row) => row.type);
}

describe('one process', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer({ features: [feature] });
  });
  afterAll(() => server.close());

  test('an inline run begins with the commit, records its steps and ends once', async () => {
    const id = await start(server.deps, 'inline');
    expect(await ended(server.deps, id)).toMatchObject({ status: 'done', attempt: 1, output: { first: 5, second: 2 } });
    const { rows } = await sql`select name, status, attempts from piper.run_steps where run_id = ${id} order by position`.execute(
      server.deps.db,
    );
    expect(rows).toEqual(['first', 'second', 'third'].map((name) => ({ name, status: 'done', attempts: 1 })));
    expect(await typesOf(server.deps, id)).toEqual(['run.started', 'run.ended']);
    expect(log.get(id)).toEqual(['attempt 1', 'first', `${id}:1`]);
  });

  test('nothing of a run that was rolled back is executed', async () => {
    let id = '';
    const attempt = inTx(ctxFor(server.deps, system, 'test'), async (tx: TxCtx) => {
      id = await server.deps.runs.start(tx, { kind: 'inline', input: {} });
      throw new Error('no');
    });
    await expect(attempt).rejects.toThrow('no');
    expect(await rowOf(server.deps, id)).toBeUndefined();
    expect(log.get(id)).toBeUndefined();
  });

  test('starting twice under one id is one run', async () => {
    const id = await start(server.deps, 'inline');
    await start(server.deps, 'inline', {}, id);
    await ended(server.deps, id);
    expect(log.get(id)?.filter((what) => what.startsWith('attempt'))).toEqual(['attempt 1']);
  });

  test('a queued run is dequeued, executed and ended', async () => {
    const id = await start(server.deps, 'queued');
    expect(await ended(server.deps, id)).toMatchObject({ status: 'done', attempt: 1 });
    expect(await typesOf(server.deps, id)).toEqual(['run.queued', 'run.started', 'run.ended']);
  });

  test('a failing run ends as failed, says nothing of its insides, and its kind is told', async () => {
    const id = await start(server.deps, 'inline', { fail: true });
    const row = await ended(server.deps, id);
    expect(row).toMatchObject({ status: 'failed', error: { code: 'internal' } });
    expect(JSON.stringify(row)).not.toContain('a bug');
    expect(log.get(id)).toContain('ended failed');
  });

  test('a broken onEnd does not keep a run open', async () => {
    const id = await start(server.deps, 'brokenEnd', { fail: true });
    expect((await ended(server.deps, id)).status).toBe('failed');
  });

  test('cancel reaches the step; what swallows it still ends as cancelled, with its output', async () => {
    const ctx = ctxFor(server.deps, system, 'test');
    const [loud, quiet] = [
      await start(server.deps, 'inline', { gate: true }),
      await start(server.deps, 'inline', { gate: true, swallow: true }),
    ];
    await until(() => gates.has(loud) && gates.has(quiet));
    expect(await server.deps.runs.cancel(ctx, loud)).toBe(true);
    expect(await server.deps.runs.cancel(ctx, quiet)).toBe(true);
    expect(await ended(server.deps, loud)).toMatchObject({ status: 'cancelled' });
    expect(log.get(loud)).toContain('ended cancelled');
    expect(await ended(server.deps, quiet)).toMatchObject({ status: 'cancelled' });
    expect(await server.deps.runs.cancel(ctx, loud)).toBe(false);
    await expect(server.deps.runs.cancel(ctx, '00000000-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('large payloads go to storage and come back', async () => {
    const id = await start(server.deps, 'inline', { big: true });
    expect((await ended(server.deps, id)).output).toMatchObject({ first: 100_000 });
    const { rows } = await sql<{
      output: unknown;
    }>`select output from piper.run_steps where run_id = ${id} and position = 0`.execute(server.deps.db);
    expect(rows[0]?.output).toEqual({ $stored: `runs/${id}/step-0` });
  });

  test('the stream of a run that wrote nothing closes with what became of it', async () => {
    const id = await start(server.deps, 'inline', { fail: true });
    const parts: StoredPart[] = [];
    for await (const some of server.deps.parts.read(id, 0, AbortSignal.timeout(5_000))) parts.push(...some);
    expect(parts.map(({ seq, part }) => [seq, part.type])).toEqual([
      [1, 'error'],
      [2, 'finish'],
    ]);
  });
});

describe('several processes', () => {
  let database: TestDatabase;
  let one: TestServer;
  let two: TestServer;
  beforeAll(async () => {
    database = await createTestDatabase();
    one = await openTestServer({ database, features: [feature], env: { services: new Set(['api']) } });
    two = await openTestServer({ database, features: [feature], env: { services: new Set(['api', 'worker']) } });
  });
  afterAll(async () => {
    await two.close();
    await database.drop();
  });

  test('cancel reaches a run in another process', async () => {
    const id = await start(one.deps, 'inline', { gate: true });
    await until(() => gates.has(id));
    await two.deps.runs.cancel(ctxFor(two.deps, system, 'test'), id);
    expect((await ended(two.deps, id)).status).toBe('cancelled');
  });

  test('a run that was committed but never started is started by another process', async () => {
    const id = crypto.randomUUID();
    await sql`insert into piper.runs (id, kind, input) values (${id}, 'inline', '{}')`.execute(one.deps.db);
    expect((await ended(one.deps, id)).status).toBe('done');
  });

  test('a queued run enqueued by an API process is executed by the worker', async () => {
    const id = await start(one.deps, 'queued');
    expect((await ended(one.deps, id)).status).toBe('done');
  });

  test('a queued run that lost its workflow is found again', async () => {
    const id = crypto.randomUUID();
    await sql`insert into piper.runs (id, kind, input) values (${id}, 'queued', '{}')`.execute(one.deps.db);
    await sql`update piper.runs set updated_at = now() - interval '1 minute' where id = ${id}`.execute(one.deps.db);
    expect((await ended(one.deps, id)).status).toBe('done');
  });

  test('the runs of an executor whose row is gone are taken over; finished steps are not repeated', async () => {
    const id = await start(one.deps, 'inline', { gate: true });
    await until(() => gates.has(id));
    gates.delete(id);
    await sql`delete from piper.executors where id = (select split_part(executor, ':', 1) from piper.runs where id = ${id})`.execute(
      one.deps.db,
    );
    await until(() => gates.has(id), { timeoutMs: 9_000 });
    gates.get(id)!();
    expect(await ended(two.deps, id)).toMatchObject({ status: 'done', attempt: 2 });
    expect(log.get(id)?.filter((what) => what === 'first')).toHaveLength(1);
  });

  test('a process that stops gives its runs back; those that can’t be resumed end as interrupted', async () => {
    // The test before cost this process its lease; it takes a new one with its next heartbeat.
    await until(async () => (await sql`select 1 from piper.executors`.execute(two.deps.db)).rows.length === 2);
    const [resumed, cut] = [await start(one.deps, 'inline', { gate: true }), await start(one.deps, 'fragile', { gate: true })];
    await until(() => gates.has(resumed) && gates.has(cut));
    gates.delete(resumed);
    await one.close();
    expect(await ended(two.deps, cut)).toMatchObject({ status: 'interrupted', error: { code: 'run_interrupted' } });
    await until(() => gates.has(resumed), { timeoutMs: 9_000 });
    gates.get(resumed)!();
    expect(await ended(two.deps, resumed)).toMatchObject({ status: 'done', attempt: 2 });
  }, 30_000);
});
