/** A table that has used up nearly all columns that PostgreSQL grants it is made anew while people work on it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelAction } from '@piper/shared/data-models';
import { addProject, addUser } from '../../../../test/actors.ts';
import { createTestDatabase, openTestServer, until, type TestDatabase, type TestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor, type Ctx } from '#platform/ctx';
import { createRecord, deleteRecord, listRecords, updateRecord } from '#platform/records/records';
import { applyActions, applyChangeSet } from './change-sets.service.ts';
import { listSummaries } from './change-sets.repo.ts';
import { loadDefinitions } from './definitions.repo.ts';
import { schemaOf } from './names.ts';
import { withFreshCatalogue } from './project-catalogue.ts';

const rows = 10_000;

let database: TestDatabase;
let server: TestServer;
let ctx: Ctx;
let dataDir: string;
let owner: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'piper-rebuild-'));
  server = await openTestServer({ database, env: { services: new Set(['api']) } });
  ctx = ctxFor(server.deps, system, 'test');
  owner = (await addUser(server.deps.db)).userId;
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await server.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

interface Place {
  id: string;
  schema: string;
  table: string;
}

const relation = (label: string, target: string, more = {}): object => ({
  type: 'relation',
  label,
  relation: { kind: 'many-to-one', target, ...more },
});

/** Things lead to kinds and to each other, parts lead to things; a field of things lies in the bin. */
async function newPlace(): Promise<Place> {
  const { id } = await addProject(server.deps.db, { [owner]: 'owner' });
  const model = (label: string, key: string, fields: object[]): ModelAction =>
    ({ do: 'create-model', model: { label, key, fields } }) as ModelAction;
  await applyActions(ctx, id, [
    model('Kind', 'kinds', [{ type: 'text', label: 'Name' }]),
    model('Thing', 'things', [
      { type: 'text', label: 'Name', required: true, unique: true },
      { type: 'auto-number', label: 'Number' },
      { type: 'text', label: 'Old' },
      { type: 'multi-select', label: 'Tags', index: true, options: { choices: [{ value: 'a', label: 'A' }] } },
      relation('Kind', 'kinds', { onDelete: 'restrict' }),
    ]),
    model('Part', 'parts', [{ type: 'text', label: 'Name' }, relation('Thing', 'things', { onDelete: 'cascade' })]),
  ]);
  await applyActions(ctx, id, [
    { do: 'create-field', model: 'things', field: relation('Parent', 'things') as never },
    { do: 'create-index', model: 'things', index: { fields: ['name', 'number'] } } as ModelAction,
  ]);
  const schema = schemaOf(id);
  const table = `${schema}.things`;
  await query(`insert into ${schema}.kinds (id, name) select gen_random_uuid(), 'kind ' || n from generate_series(1, 20) n`);
  await query(`insert into ${table} (id, name, old, tags, kind) select gen_random_uuid(), 'thing ' || n, 'old ' || n, '{a}',
    (select id from ${schema}.kinds where name = 'kind ' || (n % 20 + 1)) from generate_series(1, ${rows}) n`);
  await query(`update ${table} set parent = (select id from ${table} where name = 'thing 1')`);
  await query(`insert into ${schema}.parts (id, name, thing) select gen_random_uuid(), name, id from ${table} limit 500`);
  await applyActions(ctx, id, [{ do: 'delete-field', model: 'things', field: 'old' }]);
  return { id, schema, table };
}

const query = async <T extends object>(text: string): Promise<T[]> => (await server.deps.pool.query<T>(text)).rows;

/** As years of fields that come and go leave a table. */
async function wear({ table }: Place): Promise<void> {
  const names = Array.from({ length: 1_390 }, (_, n) => `worn_${n}`);
  await query(`alter table ${table} ${names.map((name) => `add column ${name} int`).join(', ')}`);
  await query(`alter table ${table} ${names.map((name) => `drop column ${name}`).join(', ')}`);
}

const addSize: ModelAction[] = [{ do: 'create-field', model: 'things', field: { type: 'integer', label: 'Size', index: true } }];

const attributesOf = async ({ table }: Place): Promise<number> =>
  (await query<{ n: number }>(`select relnatts::int as n from pg_class where oid = '${table}'::regclass`))[0]!.n;

/** Columns, indexes, keys and defaults, as PostgreSQL tells of them. */
async function shapeOf({ schema }: Place) {
  return {
    columns:
      await query(`select c.relname, attname, format_type(atttypid, atttypmod) as type, attnotnull, pg_get_expr(adbin, adrelid) as value
      from pg_attribute a join pg_class c on c.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where c.relnamespace = '${schema}'::regnamespace and c.relkind = 'r' and attnum > 0 and not attisdropped order by 1, 2`),
    indexes: await query<{ indexdef: string }>(
      `select indexname, indexdef from pg_indexes where schemaname = '${schema}' and indexname not like '%pkey%' order by 1`,
    ),
    keys: await query(`select conname, conrelid::regclass::text as owner, pg_get_constraintdef(oid) as is, convalidated, condeferrable
      from pg_constraint where connamespace = '${schema}'::regnamespace and contype = 'f' order by 1`),
    sequences: await query(`select s.relname, d.refobjid::regclass::text as owner, refobjsubid > 0 as of_column
      from pg_class s join pg_depend d on d.objid = s.oid and d.deptype = 'a' where s.relnamespace = '${schema}'::regnamespace and s.relkind = 'S'`),
    others: await query(`select proname as name from pg_proc where pronamespace = '${schema}'::regnamespace
      union all select tgname from pg_trigger t join pg_class c on c.oid = tgrelid where relnamespace = '${schema}'::regnamespace and not tgisinternal
      union all select relname from pg_class where relnamespace = '${schema}'::regnamespace and relkind = 'r'  order by 1`),
  };
}

/** All values, in a form that two tables share only when they hold the same. */
async function contentOf({ table }: Place): Promise<unknown> {
  const columns = await query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped order by 1`,
  );
  const all = columns.map(({ name }) => `t."${name}"::text`).join(', ');
  return query(`select count(*)::int as n, md5(string_agg(md5(concat_ws('|', ${all})), '' order by id)) as sum from ${table} t`);
}

test('it is as it was, keys and numbers and the bin included, and has room again', { timeout: 120_000 }, async () => {
  const place = await newPlace();
  await wear(place);
  const other = await applyChangeSet(ctx, place.id, [
    { do: 'create-field', model: 'kinds', field: { type: 'text', label: 'More' } },
  ]);
  expect(other.plan.steps.filter((step) => step.sentence.includes('anew'))).toEqual([]);
  const [shape, content] = [await shapeOf(place), await contentOf(place)];
  await applyChangeSet(ctx, place.id, addSize, { wait: 60_000 });
  expect(await attributesOf(place)).toBeLessThan(30);
  // Gone for good, so that what is left is what was there before.
  await query(`alter table ${place.table} drop column size`);
  expect(await shapeOf(place)).toEqual(shape);
  expect(await contentOf(place)).toEqual(content);
  expect(shape.keys).toHaveLength(3);
  expect(shape.sequences).toHaveLength(1);
  expect(shape.columns).toContainEqual(expect.objectContaining({ attname: expect.stringMatching(/^_bin_/) }));
  expect(shape.indexes.filter(({ indexdef }) => indexdef.endsWith('WHERE (deleted_at IS NOT NULL)'))).toHaveLength(3);
});

test('readers and writers go on meanwhile, and every write is there', { timeout: 120_000 }, async () => {
  const place = await newPlace();
  await wear(place);
  let stopped = false;
  let longest = 0;
  const failures: string[] = [];
  const expected = new Map<string, string | null>();
  const gone = new Set<string>();
  const work = async (act: () => Promise<unknown>): Promise<void> => {
    while (!stopped) {
      const from = performance.now();
      await act().catch((error: unknown) => failures.push(String((error as Error).stack)));
      longest = Math.max(longest, performance.now() - from);
      await pause(5);
    }
  };
  const engine = <T>(act: (c: Ctx) => Promise<T>): Promise<T> => withFreshCatalogue(ctx, place.id, act as never) as Promise<T>;
  const write = async (): Promise<void> => {
    const made = (await engine((c) => createRecord(c, 'things', { name: `new ${Math.random()}` }))) as Record<string, unknown>;
    const name = `changed ${Math.random()}`;
    await engine((c) => updateRecord(c, 'things', String(made['id']), { name }));
    expected.set(String(made['id']), name);
  };
  // By SQL, since the engine only marks what it deletes: with the trigger and keys at work on rows that were and were not copied.
  const remove = async (): Promise<void> => {
    const [one] = await query<{ id: string }>(
      `delete from ${place.table} where id = (select id from ${place.table} where name like 'thing %' and name <> 'thing 1' order by random() limit 1) returning id`,
    );
    gone.add(one!.id);
  };
  const rename = async (): Promise<void> => {
    const [one] = await query<{ id: string; name: string }>(
      `update ${place.table} set name = name || '!' where id = (select id from ${place.table} where name like 'thing %' order by random() limit 1) returning id, name`,
    );
    if (one) expected.set(one.id, one.name);
  };
  const softly = async (): Promise<void> => {
    const made = (await engine((c) => createRecord(c, 'things', { name: `soft ${Math.random()}` }))) as Record<string, unknown>;
    await engine((c) => deleteRecord(c, 'things', String(made['id'])));
    expected.set(String(made['id']), null);
  };
  const read = async (): Promise<void> => {
    const found = await engine((c) =>
      listRecords(c, 'things', { limit: '20', filter: { name: { _starts_with: 'thing' } } as never }),
    );
    if ((found as { rows?: unknown[] }).rows?.length === 0) failures.push('an empty list');
  };
  const load = Promise.all([work(read), work(read), work(write), work(remove), work(rename), work(softly)]);
  await pause(200);
  await applyChangeSet(ctx, place.id, addSize, { wait: 60_000 });
  await pause(200);
  stopped = true;
  await load;
  expect(failures.slice(0, 3)).toEqual([]);
  expect(longest).toBeLessThan(2_500);
  expect(await attributesOf(place)).toBeLessThan(30);
  expect(gone.size).toBeGreaterThan(20);
  expect(expected.size).toBeGreaterThan(20);
  for (const id of gone) expected.delete(id);
  const there = new Map(
    (
      await query<{ id: string; name: string; soft: boolean }>(
        `select id, name, deleted_at is not null as soft from ${place.table}`,
      )
    ).map((row) => [row.id, row]),
  );
  expect([...gone].filter((id) => there.has(id))).toEqual([]);
  const wrong = [...expected].filter(([id, name]) =>
    name === null ? there.get(id)?.soft !== true : there.get(id)?.name !== name,
  );
  expect(wrong).toEqual([]);
  expect([...there.values()].filter(({ name }) => name.startsWith('thing '))).toHaveLength(rows - gone.size);
  expect(
    await query(`select count(*)::int as n from (select number from ${place.table} group by number having count(*) > 1) twice`),
  ).toEqual([{ n: 0 }]);
});

test('killed anywhere, another process finishes it', { timeout: 120_000 }, async () => {
  const at = async (reached: string): Promise<void> => {
    const place = await newPlace();
    await wear(place);
    const content = await contentOf(place);
    const script = join(import.meta.dirname, '../../../../test/change-set.child.ts');
    const child = spawn(process.execPath, [script, database.url, dataDir, place.id, JSON.stringify(addSize)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    const point = `select exists (${reached.replaceAll('$schema', place.schema)}) as is`;
    await until(async () => (await query<{ is: boolean }>(point))[0]!.is, {
      timeoutMs: 30_000,
      what: `never reached: ${reached}`,
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(async () => (await listSummaries(server.deps.db, place.id, { limit: 1 }))[0]!.status === 'applied', {
      timeoutMs: 60_000,
    });
    expect(await attributesOf(place)).toBeLessThan(30);
    expect((await loadDefinitions(server.deps.db, place.id)).version).toBe(4);
    expect(
      await query(
        `select relname from pg_class where relnamespace = '${place.schema}'::regnamespace and relname ~ '^_(anew|worn|mirror)' and relkind = 'r'`,
      ),
    ).toEqual([]);
    expect(
      await query(`select conname from pg_constraint where connamespace = '${place.schema}'::regnamespace and not convalidated`),
    ).toEqual([]);
    await query(`alter table ${place.table} drop column size`);
    expect(await contentOf(place)).toEqual(content);
  };
  const table = `select 1 from pg_class c where relnamespace = '$schema'::regnamespace and relkind = 'r' and relname`;
  await Promise.all([
    at(`${table} like '\\_anew%' and relpages > 0`),
    at(`${table} like '\\_anew%' and exists (select 1 from pg_index where indrelid = c.oid and not indisprimary)`),
    at(`${table} like '\\_worn%'`),
  ]);
});

test('cancelled on the way, nothing is left of it', { timeout: 60_000 }, async () => {
  const place = await newPlace();
  await wear(place);
  const [shape, content] = [await shapeOf(place), await contentOf(place)];
  const { run_id } = await applyChangeSet(ctx, place.id, addSize, { wait: 0 });
  await until(
    async () =>
      (
        await query(
          `select 1 from pg_class where relnamespace = '${place.schema}'::regnamespace and relname like '\\_anew%' and relpages > 0`,
        )
      ).length > 0,
    { timeoutMs: 20_000 },
  );
  await server.deps.runs.cancel(ctx, run_id!);
  await until(async () => (await listSummaries(server.deps.db, place.id, { limit: 1 }))[0]!.status === 'failed', {
    timeoutMs: 30_000,
  });
  expect(await shapeOf(place)).toEqual(shape);
  expect(await contentOf(place)).toEqual(content);
});

test('numbers of a field that got another type, and back, go on', { timeout: 60_000 }, async () => {
  const place = await newPlace();
  const retype = (type: string): ModelAction => ({ do: 'update-field', model: 'things', field: 'number', changes: { type } });
  await applyActions(ctx, place.id, [retype('integer')]);
  await wear(place);
  await applyActions(ctx, place.id, addSize);
  expect(await attributesOf(place)).toBeLessThan(30);
  await applyActions(ctx, place.id, [retype('auto-number')]);
  const added = async (name: string): Promise<Record<string, unknown>> =>
    withFreshCatalogue(ctx, place.id, async (placed) => {
      const { id } = await createRecord(placed, 'things', { name });
      const { data } = await listRecords(placed, 'things', { filter: { id: { _eq: id } }, fields: ['*'] });
      return data[0]!;
    });
  expect([(await added('a'))['number'], (await added('b'))['number']]).toEqual([rows + 1, rows + 2]);
  const { models } = await loadDefinitions(server.deps.db, place.id);
  const { bin } = models.find(({ key }) => key === 'things')!;
  const first = bin!.find(({ field }) => field.type === 'auto-number')!;
  await applyActions(ctx, place.id, [{ do: 'restore-field', model: 'things', field: first.field.id }]);
  const both = await added('c');
  expect([both['number'], both['number_2']]).toEqual([rows + 3, rows + 1]);
  await wear(place);
  await applyActions(ctx, place.id, [{ ...addSize[0], field: { type: 'integer', label: 'More' } } as ModelAction]);
  expect((await added('d'))['number_2']).toBe(rows + 2);
});

test('when it fails after the copy took its place, the new table stays, whole', { timeout: 60_000 }, async () => {
  const place = await newPlace();
  await wear(place);
  const content = await contentOf(place);
  await query(`create function public.full_disk() returns trigger language plpgsql as $$
    begin if new.name = 'thing 9000' then raise exception 'could not extend file' using errcode = '53100'; end if; return new; end $$`);
  // The trigger goes with the old table: the filling of the new column is stopped on the new one.
  const number: ModelAction = { do: 'create-field', model: 'things', field: { type: 'auto-number', label: 'Second' } };
  const { id } = await applyChangeSet(ctx, place.id, [number], { wait: 0 });
  await until(async () => (await attributesOf(place)) < 30, { timeoutMs: 30_000 });
  await query(`create trigger full_disk before update on ${place.table} for each row execute function public.full_disk()`);
  await until(async () => (await listSummaries(server.deps.db, place.id, { limit: 1 }))[0]!.status !== 'applying', {
    timeoutMs: 30_000,
  });
  await query(`drop trigger full_disk on ${place.table}`);
  expect((await listSummaries(server.deps.db, place.id, { limit: 1 }))[0]).toMatchObject({
    id,
    status: 'failed',
    error: { code: 'storage_full' },
  });
  expect(await contentOf(place)).toEqual(content);
  expect(
    await query(
      `select relname from pg_class where relnamespace = '${place.schema}'::regnamespace and relname ~ '^_(anew|worn|mirror)' and relkind = 'r'`,
    ),
  ).toEqual([]);
  expect(
    await query(`select conname from pg_constraint where connamespace = '${place.schema}'::regnamespace and not convalidated`),
  ).toEqual([]);
  await applyActions(ctx, place.id, [number]);
});

test('a table without any room, of which nothing can be spared, says so', { timeout: 60_000 }, async () => {
  const { id } = await addProject(server.deps.db, { [owner]: 'owner' });
  await applyActions(ctx, id, [
    { do: 'create-model', model: { label: 'Thing', key: 'things', fields: [{ type: 'text', label: 'Name' }] } },
  ]);
  const fields = Array.from({ length: 400 }, (_, n) => `f${n}`);
  for (let round = 0; round < 3; round++) {
    const add = fields.map((key): ModelAction => ({
      do: 'create-field',
      model: 'things',
      field: { type: 'integer', label: key, key },
    }));
    await applyActions(ctx, id, add);
    await applyActions(
      ctx,
      id,
      fields.map((field): ModelAction => ({ do: 'delete-field', model: 'things', field })),
    );
  }
  const add = fields.map((key): ModelAction => ({
    do: 'create-field',
    model: 'things',
    field: { type: 'integer', label: key, key },
  }));
  await expect(applyActions(ctx, id, add)).rejects.toMatchObject({
    code: 'change_set_refused',
    message: expect.stringContaining('empty the bin'),
  });
  expect((await listSummaries(server.deps.db, id, { limit: 1 }))[0]).toMatchObject({ status: 'failed' });
});
