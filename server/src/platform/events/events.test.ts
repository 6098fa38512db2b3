import { expect, test } from 'vitest';
import { sql } from 'kysely';
import { openTestServer, until, useTestServer } from '../../../../test/harness.ts';
import { system } from '../actor.ts';
import { ctxFor, type TxCtx } from '../ctx.ts';
import { inTx } from '../db/tx.ts';
import type { Deps } from '../deps.ts';
import { appendEvent, appendEvents } from './append.ts';
import { comparePositions, decodeCursor, encodeCursor } from './cursor.ts';
import { readLog, type LogEvent } from './log-reader.ts';
import { ensurePartitions } from './partitions.ts';
import { defineReader } from './readers.ts';

const server = useTestServer({ features: [] });
const inSystem = <R>(deps: Deps, work: (tx: TxCtx) => Promise<R>) => inTx(ctxFor(deps, system, 'test'), work);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Many writers at once: slow ones, ones that roll back, several events in one transaction. Returns what committed. */
async function storm(deps: Deps, topic: string, writers: number, rounds: number): Promise<Set<string>> {
  const committed = new Set<string>();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let round = 0; round < rounds; round++) {
        const subjects = Array.from({ length: 1 + (round % 3) }, (_each, index) => `${writer}.${round}.${index}`);
        const isUndone = Math.random() < 0.25;
        await inSystem(deps, async (tx) => {
          await appendEvent(tx, { topic, type: 'trial.made', subject: subjects[0] });
          if (Math.random() < 0.4) await pause(Math.random() * 60);
          await appendEvents(
            tx,
            subjects.slice(1).map((subject) => ({ topic, type: 'trial.made', subject })),
          );
          if (isUndone) throw new Error('undone');
        }).catch((error: Error) => {
          if (error.message !== 'undone') throw error;
        });
        if (!isUndone) for (const subject of subjects) committed.add(subject);
      }
    }),
  );
  return committed;
}

function follow(deps: Deps, topic: string) {
  const events: LogEvent[] = [];
  const stop = deps.events.listen((some) => events.push(...some.filter((event) => event.topic === topic)));
  return { events, subjects: () => events.map((event) => event.subject), stop };
}

test('every committed event is heard exactly once, in order, in each process, also when listening connections are cut', async () => {
  const other = await openTestServer({ features: [], database: server.database });
  try {
    const here = follow(server.deps, 'race');
    const there = follow(other.deps, 'race');
    const cutting = setInterval(() => {
      void sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'piper listen' and datname = current_database()`.execute(
        server.deps.db,
      );
    }, 150);
    const committed = await storm(server.deps, 'race', 10, 20).finally(() => clearInterval(cutting));
    await until(() => here.events.length >= committed.size && there.events.length >= committed.size);
    for (const { events, subjects } of [here, there]) {
      expect(events).toHaveLength(committed.size);
      expect(new Set(subjects())).toEqual(committed);
      const sorted = [...events].sort(comparePositions);
      expect(events).toEqual(sorted);
    }
    const replayed = await readLog(server.deps.db, { after: { transactionId: 0n, position: 0 }, topic: 'race', limit: 10_000 });
    expect(replayed.events.map((event) => event.subject)).toEqual(here.subjects());
  } finally {
    await other.close();
  }
});

test('a slow transaction holds back what is newer until it is settled, and nothing is skipped', async () => {
  const heard = follow(server.deps, 'slow');
  let finish = () => {};
  const slow = inSystem(server.deps, async (tx) => {
    await appendEvent(tx, { topic: 'slow', type: 'trial.made', subject: 'slow' });
    await new Promise<void>((resolve) => (finish = resolve));
  });
  await until(() =>
    sql`select 1 from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`
      .execute(server.deps.db)
      .then(({ rows }) => rows.length),
  );
  await inSystem(server.deps, (tx) => appendEvent(tx, { topic: 'slow', type: 'trial.made', subject: 'quick' }));
  await pause(100);
  expect(heard.subjects()).toEqual([]);
  expect((await server.deps.events.lag()).tail.events).toBe(1);
  finish();
  await slow;
  await until(() => heard.events.length === 2);
  expect(heard.subjects()).toEqual(['slow', 'quick']);
  expect((await server.deps.events.lag()).tail).toEqual({ events: 0, seconds: 0 });
});

test('a durable reader has each event’s effect once, with failures and two processes at it', async () => {
  await sql`create table if not exists public.effects (subject text primary key, n int)`.execute(server.deps.db);
  let failures = 0;
  const reader = defineReader({
    name: 'effects',
    types: ['trial.made'],
    async handle(ctx, events) {
      for (const { subject, topic } of events)
        if (topic === 'durable')
          await sql`insert into public.effects values (${subject}, 1) on conflict (subject) do update set n = public.effects.n + 1`.execute(
            ctx.db,
          );
      if (failures < 3 && events.some(({ topic }) => topic === 'durable')) {
        failures++;
        throw new Error('a failure after the effect');
      }
    },
  });
  const features = [{ name: 'trial', eventReaders: [reader] }];
  const other = await openTestServer({ features: [], database: server.database });
  await server.deps.events.startReaders(server.deps, features);
  await other.deps.events.startReaders(other.deps, features);
  const committed = await storm(server.deps, 'durable', 6, 10);
  const effects = async () =>
    (await sql<{ subject: string; n: number }>`select subject, n from public.effects`.execute(server.deps.db)).rows;
  await until(async () => (await effects()).length === committed.size, { timeoutMs: 10_000 });
  expect(failures).toBe(3);
  expect((await effects()).every(({ n }) => n === 1)).toBe(true);
  await other.close();
});

test('partitions are made ahead, and what lay in the default one moves', async () => {
  const far = new Date('2031-05-10T00:00:00Z');
  await sql`insert into piper.events (at, topic, type, actor) values (${far}, 'far', 'trial.made', 'system')`.execute(
    server.deps.db,
  );
  await ensurePartitions(server.deps.db, far);
  await ensurePartitions(server.deps.db, far);
  const { rows } = await sql<{
    part: string;
  }>`select relname as part from piper.events e join pg_class c on c.oid = e.tableoid where topic = 'far'`.execute(
    server.deps.db,
  );
  expect(rows).toEqual([{ part: 'events_y2031m05' }]);
  const made = await sql<{
    n: number;
  }>`select count(*)::int as n from pg_inherits where inhparent = 'piper.events'::regclass`.execute(server.deps.db);
  expect(made.rows[0]!.n).toBe(1 + 3 + 3);
});

test('cursors say where they point, and only to whom they belong', () => {
  const epoch = '6f1d9a52-1111-4222-8333-444455556666';
  const at = { transactionId: 12_345_678_901n, position: 42 };
  const cursor = encodeCursor(epoch, at);
  expect(decodeCursor(epoch, cursor)).toEqual(at);
  expect(decodeCursor('00000000-1111-4222-8333-444455556666', cursor)).toBe('stale');
  for (const bad of ['', 'x', `${cursor}A`, cursor.slice(1), 'é'.repeat(43), `${'_'.repeat(42)}8`])
    expect(decodeCursor(epoch, bad)).not.toBeTypeOf('object');
});
