/** Bad days of change sets: killed processes, tables in use, data that changes under them, people who change their mind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelAction } from '@piper/shared/data-models';
import { addProject, addUser } from '../../../../test/actors.ts';
import { createTestDatabase, openTestServer, until, type TestDatabase, type TestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor, type Ctx } from '#platform/ctx';
import { createRecord } from '#platform/records/records';
import { applyActions, applyChangeSet } from './change-sets.service.ts';
import { findChangeSet, listSummaries, type ChangeSetSummary } from './change-sets.repo.ts';
import { dropOrphanSchemas, emptyOldBins } from './change-sets.sweep.ts';
import { loadDefinitions } from './definitions.repo.ts';
import { schemaOf } from './names.ts';
import { withFreshCatalogue } from './project-catalogue.ts';

/** Beyond what is done at once. */
const rows = 30_000;

let database: TestDatabase;
let server: TestServer;
let ctx: Ctx;
let dataDir: string;
let owner: string;
const children: ChildProcess[] = [];
const clients: pg.Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'piper-change-sets-'));
  server = await openTestServer({ database, env: { services: new Set(['api']) } });
  ctx = ctxFor(server.deps, system, 'test');
  owner = (await addUser(server.deps.db)).userId;
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const client of clients) await client.end();
  await server.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

interface Place {
  id: string;
  table: string;
  schema: string;
}

async function newPlace(): Promise<Place> {
  const { id } = await addProject(server.deps.db, { [owner]: 'owner' });
  await applyActions(ctx, id, [
    {
      do: 'create-model',
      model: {
        label: 'Thing',
        key: 'things',
        fields: [
          { type: 'text', label: 'Amount' },
          { type: 'text', label: 'Number' },
        ],
      },
    },
  ]);
  const schema = schemaOf(id);
  const table = `${schema}.things`;
  await server.deps.pool.query(
    `insert into ${table} (id, amount, number) select gen_random_uuid(), n::text, 'N' || n from generate_series(1, ${rows}) n`,
  );
  return { id, table, schema };
}

const actions: ModelAction[] = [
  { do: 'update-field', model: 'things', field: 'amount', changes: { type: 'integer', index: true } },
  { do: 'update-field', model: 'things', field: 'number', changes: { unique: true, required: true } },
];

const ask = async (query: string): Promise<Record<string, unknown>> =>
  (await server.deps.pool.query<Record<string, unknown>>(query)).rows[0]!;
const latest = async ({ id }: Place): Promise<ChangeSetSummary> => (await listSummaries(server.deps.db, id, { limit: 1 }))[0]!;

/** Columns, triggers, functions, constraints and indexes of change sets that are under way. */
async function leftovers({ schema }: Place): Promise<unknown[]> {
  const { rows: found } = await server.deps.pool.query(
    `select attname as name from pg_attribute a join pg_class c on c.oid = attrelid where relkind = 'r' and relnamespace = $1::regnamespace and attname like '\\_new\\_%'
     union all select proname from pg_proc where pronamespace = $1::regnamespace
     union all select tgname from pg_trigger t join pg_class c on c.oid = tgrelid where relnamespace = $1::regnamespace and tgname like '\\_sync%'
     union all select conname from pg_constraint where connamespace = $1::regnamespace and (conname like '\\_nn\\_%' or not convalidated)
     union all select indexrelid::regclass::text from pg_index i join pg_class c on c.oid = indrelid where relnamespace = $1::regnamespace and not indisvalid`,
    [schema],
  );
  return found;
}

async function typeOf({ table }: Place, column = 'amount%'): Promise<string[]> {
  const { rows: found } = await server.deps.pool.query<{ type: string }>(
    `select atttypid::regtype::text as type from pg_attribute where attrelid = $1::regclass and attname like $2 and not attisdropped`,
    [table, column],
  );
  return found.map((row) => row.type);
}

async function killedWhen(place: Place, reached: string): Promise<void> {
  const script = join(import.meta.dirname, '../../../../test/change-set.child.ts');
  const child = spawn(process.execPath, [script, database.url, dataDir, place.id, JSON.stringify(actions)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  await until(async () => (await ask(`select exists (${reached.replaceAll('$schema', place.schema)}) as is`))['is'] === true, {
    timeoutMs: 30_000,
    what: `never reached: ${reached}`,
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test(
  'killed anywhere, the old definition is in force until another process finishes the change',
  { timeout: 120_000 },
  async () => {
    const points = [
      `select 1 from pg_class where relname = 'things' and relnamespace = '$schema'::regnamespace and relhastriggers`,
      `select 1 from piper.change_sets where project_id::text = (select id::text from piper.projects where 'p_' || replace(id::text, '-', '') = '$schema') and progress ? 'cursor'`,
      `select 1 from pg_index i join pg_class c on c.oid = indrelid where relname = 'things' and relnamespace = '$schema'::regnamespace and not indisvalid`,
    ];
    const killAndSee = async (point: string): Promise<void> => {
      const place = await newPlace();
      await killedWhen(place, point);
      const { status } = await latest(place);
      const { version } = await loadDefinitions(server.deps.db, place.id);
      expect([status, version]).toEqual(version === 1 ? ['applying', 1] : ['applied', 2]);
      expect(await typeOf(place)).toEqual([version === 1 ? 'text' : 'bigint']);
      await until(
        async () =>
          (await ask(`select status from piper.runs where id = '${(await latest(place)).run_id}'`))['status'] === 'done',
        {
          timeoutMs: 40_000,
          what: 'the run did not go on',
        },
      );
      expect((await loadDefinitions(server.deps.db, place.id)).version).toBe(2);
      expect(await typeOf(place)).toEqual(['bigint']);
      expect(await leftovers(place)).toEqual([]);
      const column = (await loadDefinitions(server.deps.db, place.id)).models[0]!.fields.find(
        (field) => field.key === 'amount',
      )!.column;
      expect(await ask(`select count(*)::int as n, sum("${column}")::int as sum from ${place.table}`)).toEqual({
        n: rows,
        sum: (rows * (rows + 1)) / 2,
      });
    };
    await Promise.all(points.map(killAndSee));
  },
);

/** A session that reads the table in a transaction it leaves open. */
async function reader(place: Place): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  clients.push(client);
  await client.connect();
  await client.query('begin');
  await client.query(`select count(*) from ${place.table}`);
  return client;
}

test(
  'a table in use is waited for without making others wait, and given up after some time with nothing changed',
  { timeout: 60_000 },
  async () => {
    const place = await newPlace();
    const held = await reader(place);
    const refused = applyChangeSet(ctx, place.id, actions, { patienceMs: 1_500 }).catch((error: unknown) => error);
    let longest = 0;
    for (let i = 0; i < 40; i++) {
      const from = performance.now();
      await server.deps.pool.query(`update ${place.table} set amount = amount where number = 'N1'`);
      longest = Math.max(longest, performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(longest).toBeLessThan(1_000);
    expect(await refused).toMatchObject({ code: 'table_busy' });
    expect((await latest(place)).status).toBe('failed');
    expect(await typeOf(place)).toEqual(['text']);
    setTimeout(() => void held.query('rollback'), 1_500);
    await applyActions(ctx, place.id, actions);
    expect(await typeOf(place)).toEqual(['bigint']);
    expect(await leftovers(place)).toEqual([]);
  },
);

test('what goes wrong on the way is taken back, and says which records were in the way', { timeout: 60_000 }, async () => {
  const place = await newPlace();
  const { id } = await applyChangeSet(ctx, place.id, actions, { wait: 0 });
  await server.deps.pool.query(`insert into ${place.table} (id, amount, number) values (gen_random_uuid(), '1', 'N7')`);
  await until(async () => (await findChangeSet(server.deps.db, id))?.status === 'failed', { timeoutMs: 30_000 });
  expect((await findChangeSet(server.deps.db, id))?.error).toMatchObject({
    code: 'change_set_refused',
    details: { problems: [{ kind: 'duplicate', count: 1, examples: [{ value: 'N7' }, { value: 'N7' }] }] },
  });
  expect(await leftovers(place)).toEqual([]);
  expect(await typeOf(place)).toEqual(['text']);
  expect((await loadDefinitions(server.deps.db, place.id)).version).toBe(1);
});

test('on a full disk the change fails, says so, and leaves nothing behind', { timeout: 60_000 }, async () => {
  const place = await newPlace();
  await server.deps.pool.query(`create function public.full_disk() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file' using errcode = '53100'; end $$`);
  await server.deps.pool.query(
    `create trigger full_disk before update on ${place.table} for each row when (old.amount = '20000') execute function public.full_disk()`,
  );
  await expect(applyActions(ctx, place.id, actions)).rejects.toMatchObject({ code: 'storage_full' });
  expect(await leftovers(place)).toEqual([]);
  expect(await typeOf(place)).toEqual(['text']);
  await server.deps.pool.query(`drop trigger full_disk on ${place.table}`);
  await applyActions(ctx, place.id, actions);
  expect(await typeOf(place)).toEqual(['bigint']);
});

test('a change that is cancelled leaves nothing behind', { timeout: 60_000 }, async () => {
  const place = await newPlace();
  const { id, run_id } = await applyChangeSet(ctx, place.id, actions, { wait: 0 });
  await until(async () => (await typeOf(place, '\\_new\\_%')).length > 0, { timeoutMs: 20_000 });
  await server.deps.runs.cancel(ctx, run_id!);
  await until(async () => (await findChangeSet(server.deps.db, id))?.status === 'failed', { timeoutMs: 30_000 });
  expect(await leftovers(place)).toEqual([]);
  expect(await typeOf(place)).toEqual(['text']);
  await applyActions(ctx, place.id, actions);
});

test('another process serves the new definitions at once, also before it has heard of them', { timeout: 60_000 }, async () => {
  const place = await newPlace();
  const other = await openTestServer({ database, env: { services: new Set(['api']) } });
  try {
    const there = ctxFor(other.deps, system, 'test');
    const created = (values: Record<string, unknown>) =>
      withFreshCatalogue(there, place.id, async (c) => (await createRecord(c, 'things', values)) as Record<string, unknown>);
    expect(await created({ amount: '1' })).toMatchObject({ amount: '1' });
    for (let round = 1; round <= 5; round++) {
      const field = `extra${round}`;
      await applyActions(ctx, place.id, [
        { do: 'create-field', model: 'things', field: { type: 'integer', label: 'Extra', key: field } },
        {
          do: 'update-field',
          model: 'things',
          field: round === 1 ? 'amount' : `amount${round - 1}`,
          changes: { key: `amount${round}` },
        },
      ]);
      expect(await created({ [field]: round, [`amount${round}`]: 'a' })).toMatchObject({
        [field]: round,
        [`amount${round}`]: 'a',
      });
    }
  } finally {
    await other.close();
  }
});

test('bins are emptied after a month, and the tables of a project go with it', async () => {
  const place = await newPlace();
  await applyActions(ctx, place.id, [{ do: 'delete-field', model: 'things', field: 'amount' }]);
  await emptyOldBins(ctx);
  expect(await typeOf(place, '\\_bin\\_%')).toEqual(['text']);
  const late = new Date(Date.now() + 31 * 86_400_000);
  await emptyOldBins({ ...ctx, deps: { ...server.deps, clock: { now: () => late } } });
  expect(await typeOf(place, '\\_bin\\_%')).toEqual([]);
  await server.deps.pool.query(`delete from piper.projects where id = $1`, [place.id]);
  await dropOrphanSchemas(ctx);
  expect(await ask(`select to_regnamespace('${place.schema}') is null as gone`)).toEqual({ gone: true });
});
