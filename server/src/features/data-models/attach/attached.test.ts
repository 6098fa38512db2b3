import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AttachedDatabase, DatabasePreview } from '@piper/shared/attached-databases';
import { addMember, createProject, registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { createTestDatabase, until, useTestServer } from '../../../../../test/harness.ts';
import { startPiper } from '../../../../../test/piper-process.ts';
import { registerRemote } from '../../../../../test/remote.ts';
import { useForeignDatabase } from '../../../../../test/sample-database/foreign.ts';
import { chinookCounts, loadChinook } from '../../../../../test/sample-database/load.ts';
import { isLost, openForeign } from './connect.ts';

const server = useTestServer();
const foreign = useForeignDatabase(loadChinook);
let owner: TestUser;

interface Connection {
  host: string;
  port: number;
  database: string;
  username: string;
  password: string;
  tls: string;
}

/** Of the account `reader`, which may read everything in the foreign database and nothing else. */
function connection(more: Partial<Connection> = {}): Connection {
  const url = new URL(foreign.url);
  const database = url.pathname.slice(1);
  const address = { host: url.hostname, port: Number(url.port), database, tls: 'off' };
  return { ...address, username: reader, password: 'sesame opens', ...more };
}
const reader = `reader_${process.pid}`;

beforeAll(async () => {
  owner = await registerUser(server);
  await foreign.client.query(`create role ${reader} login password 'sesame opens'; grant pg_read_all_data to ${reader}`);
});
afterAll(() => foreign.client.query(`drop role ${reader}`));

async function inProject() {
  const { id, slug } = await createProject(owner);
  const path = `/api/projects/${slug}/databases`;
  const read = async (attached: string) =>
    (await owner.browser.get(`${path}/${attached}`)).json<{ data: AttachedDatabase }>().data;
  const ended = async (attached: string) => {
    await until(async () => ['done', 'failed'].includes((await read(attached)).status), { timeoutMs: 18_000 });
    return read(attached);
  };
  return { id, slug, path, items: `/api/projects/${slug}/items`, read, ended };
}

test('a preview says what would be made, and makes nothing', async () => {
  const { path, slug } = await inProject();
  const reply = await owner.browser.post(`${path}/preview`, connection());
  expect(reply.statusCode).toBe(200);
  const { models } = reply.json<{ data: DatabasePreview }>().data;
  expect(models).toHaveLength(10);
  expect(models.find(({ key }) => key === 'playlist')).toMatchObject({
    table: 'public.Playlist',
    label: 'Playlists',
    rows: 18,
    readOnly: false,
    fields: [{ key: 'playlist_id' }, { key: 'name' }, { key: 'tracks', type: 'relation', target: 'track' }],
  });
  expect((await owner.browser.get(`/api/projects/${slug}/items/track`)).statusCode).toBe(404);
  expect((await owner.browser.get(path)).json()).toMatchObject({ data: [] });
});

test('a database is attached: models, rows, relations and a report', async () => {
  const { path, items, ended } = await inProject();
  const begun = await owner.browser.post(path, connection());
  expect(begun.statusCode).toBe(202);
  const { id } = begun.json<{ data: AttachedDatabase }>().data;
  const attached = await ended(id);
  expect(attached).toMatchObject({ status: 'done', error: null, report: { isSame: true } });
  expect(Object.fromEntries(attached.report!.tables.map(({ table, target }) => [table.slice(7), target.rows]))).toEqual(
    chinookCounts,
  );
  expect(attached.progress.every(({ copied, estimate, isDone }) => isDone && copied === estimate)).toBe(true);
  const filter = JSON.stringify({ playlists: { _some: { name: { _eq: 'Grunge' } } } });
  const tracks = await owner.browser.get(`${items}/track?filter=${encodeURIComponent(filter)}&fields=name&limit=-1`);
  const { rows } = await foreign.client.query<{ n: number }>(
    `select count(*)::int as n from "PlaylistTrack" join "Playlist" using ("PlaylistId") where "Name" = 'Grunge'`,
  );
  expect(tracks.json<{ data: unknown[] }>().data).toHaveLength(rows[0]!.n);
});

test('the password is sealed while it is needed, gone afterwards, and never shown', async () => {
  const { path, ended } = await inProject();
  const begun = await owner.browser.post(path, connection());
  const { id } = begun.json<{ data: AttachedDatabase }>().data;
  await ended(id);
  const shown = [begun.body, (await owner.browser.get(path)).body, (await owner.browser.get(`${path}/${id}`)).body].join();
  expect(shown).not.toContain('sesame');
  const kept = await sql<{ all: string; secret: Buffer | null }>`
    select (select string_agg(a::text, '') from piper.attached_databases a) || (select string_agg(r::text, '') from piper.runs r)
      || (select string_agg(e::text, '') from piper.events e) as all, (select secret from piper.attached_databases where id = ${id}) as secret`.execute(
    server.deps.db,
  );
  expect(kept.rows[0]!.all).not.toContain('sesame');
  expect(kept.rows[0]!.secret).toBeNull();
});

test.for([
  ['a wrong password', { password: 'wrong' }, /password authentication failed/],
  ['no such database', { database: 'nowhere' }, /does not exist/],
  ['nobody there', { port: 1 }, /ECONNREFUSED/],
  ['no such host', { host: 'nowhere.invalid' }, /nowhere\.invalid/],
  ['no encryption there', { tls: 'verified' }, /SSL/],
] as const)('%s is said in a sentence', async ([, wrong, said]) => {
  const { path } = await inProject();
  for (const address of [path, `${path}/preview`]) {
    const reply = await owner.browser.post(address, connection(wrong));
    expect(reply.statusCode).toBe(422);
    const { error } = reply.json<{ error: { code: string; message: string } }>();
    expect(error.code).toBe('database_refused');
    expect(error.message).toMatch(said);
    expect(error.message).not.toContain('wrong');
  }
});

test('a host is a name or an address, nothing else', async () => {
  const { path } = await inProject();
  for (const host of ['/var/run/postgresql', 'a b', 'user@host', '', 'x\\y'])
    expect((await owner.browser.post(path, connection({ host }))).statusCode).toBe(400);
});

test('only the owner of the instance reaches private addresses', async () => {
  const member = await registerUser(server);
  const { slug } = await createProject(member);
  for (const host of ['127.0.0.1', 'localhost', '::1', '10.0.0.1', '169.254.169.254', '0.0.0.0']) {
    for (const path of [`/api/projects/${slug}/databases`, `/api/projects/${slug}/databases/preview`]) {
      const reply = await member.browser.post(path, connection({ host }));
      expect([reply.statusCode, reply.json<{ error: { code: string } }>().error.code]).toEqual([422, 'outbound_refused']);
    }
  }
});

test('attaching is for who manages the project, and reveals nothing to others', async () => {
  const { id: project, path, ended } = await inProject();
  const member = await registerUser(server);
  const stranger = await registerUser(server);
  await addMember(owner, { id: project }, member);
  const { id } = (await owner.browser.post(path, connection())).json<{ data: AttachedDatabase }>().data;
  const foreignPath = `/api/projects/${(await createProject(stranger)).slug}/databases`;
  for (const [user, status] of [
    [member, 403],
    [stranger, 404],
  ] as const) {
    expect((await user.browser.get(path)).statusCode).toBe(status);
    expect((await user.browser.get(`${path}/${id}`)).statusCode).toBe(status);
    expect((await user.browser.post(path, connection())).statusCode).toBe(status);
    expect((await user.browser.post(`${path}/preview`, connection())).statusCode).toBe(status);
    expect((await user.browser.post(`${path}/${id}/resume`, {})).statusCode).toBe(status);
    expect((await user.browser.delete(`${path}/${id}`)).statusCode).toBe(status);
  }
  expect((await stranger.browser.get(`${foreignPath}/${id}`)).statusCode).toBe(404);
  expect((await stranger.browser.delete(`${foreignPath}/${id}`)).statusCode).toBe(404);
  expect(await ended(id)).toMatchObject({ status: 'done' });
});

const attachments = (id: string) =>
  server.deps.pool.query(`select count(*)::int as n from piper.events where type = 'database.attached' and subject = $1`, [id]);

test('what fails says why, and goes on where it was when it is mended', async () => {
  const { path, items, ended, id: project } = await inProject();
  await foreign.client
    .query(`create schema hidden; grant usage on schema hidden to ${reader}; create table hidden.patience as select 0 as left;
    create view zz_fragile as select "ArtistId", 10 / case current_setting('transaction_isolation') when 'repeatable read' then (select "left" from hidden.patience) else 1 end as value from "Artist"`);
  const { id } = (await owner.browser.post(path, { ...connection(), schemas: ['public'] })).json<{ data: AttachedDatabase }>()
    .data;
  const failed = await ended(id);
  expect(failed).toMatchObject({
    status: 'failed',
    error: { code: 'database_refused', message: 'The database refuses: division by zero.' },
  });
  expect(failed.progress.find(({ table }) => table === 'public.Track')).toMatchObject({ copied: 3503, isDone: true });
  // Another address would get the password: it has to be given again.
  expect((await owner.browser.post(`${path}/${id}/resume`, { host: 'localhost' })).statusCode).toBe(400);
  const admin = await registerUser(server);
  await addMember(owner, { id: project }, admin, 'admin');
  expect((await admin.browser.post(`${path}/${id}/resume`, {})).statusCode).toBe(202);
  expect(await ended(id)).toMatchObject({ status: 'failed', error: { code: 'outbound_refused' } });

  // A view that can be read when it is looked through, and not when it is copied.
  await foreign.client.query(`update hidden.patience set "left" = 5`);
  expect((await owner.browser.post(`${path}/${id}/resume`, {})).statusCode).toBe(202);
  expect(await ended(id)).toMatchObject({ status: 'done', report: { isSame: true }, error: null });
  expect((await owner.browser.post(`${path}/${id}/resume`, {})).statusCode).toBe(409);
  expect((await attachments(id)).rows).toEqual([{ n: 1 }]);
  const fragile = await owner.browser.get(`${items}/zz_fragile?limit=1&fields=value`);
  expect(fragile.json()).toMatchObject({ data: [{ value: 2 }] });
  const refused = await owner.browser.post(`${items}/zz_fragile`, { value: 1 });
  expect(refused.statusCode).toBeGreaterThanOrEqual(403);
  expect(refused.statusCode).toBeLessThan(500);
  await foreign.client.query(`drop view zz_fragile; drop schema hidden cascade`);
});

test('what differs is fetched once more on demand', async () => {
  await foreign.client.query(`create schema ring; grant usage on schema ring to ${reader};
    create table ring.team (id int primary key, lead int not null); create table ring.person (id int primary key, team int not null references ring.team);
    insert into ring.team values (1, 1), (2, 2); insert into ring.person values (1, 1), (2, 2);
    alter table ring.team add foreign key (lead) references ring.person deferrable`);
  const { path, items, ended } = await inProject();
  const { id } = (await owner.browser.post(path, { ...connection(), schemas: ['ring'] })).json<{ data: AttachedDatabase }>().data;
  expect(await ended(id)).toMatchObject({ status: 'done', report: { isSame: true }, unmapped: [] });
  // As if it had been cut off more than once while the original went on.
  await foreign.client
    .query(`begin; set constraints all deferred; delete from ring.person where id = 2; delete from ring.team where id = 2;
    insert into ring.team values (3, 3); insert into ring.person values (3, 3); update ring.person set team = 3 where id = 1; commit`);
  await sql`update piper.attached_databases set report = (select jsonb_agg(o || '{"isSame": false}') from jsonb_array_elements(report) o)
    where id = ${id}`.execute(server.deps.db);
  expect((await owner.browser.post(`${path}/${id}/resume`, { password: 'sesame opens' })).statusCode).toBe(202);
  expect(await ended(id)).toMatchObject({ status: 'done', report: { isSame: true }, error: null, unmapped: [] });
  const people = await owner.browser.get(`${items}/person?sort=person_id&fields=person_id,team.team_id,team.lead.person_id`);
  expect(people.json()).toMatchObject({
    data: [
      { person_id: 1, team: { team_id: 3, lead: { person_id: 3 } } },
      { person_id: 3, team: { team_id: 3 } },
    ],
  });
  await foreign.client.query('drop schema ring cascade');
});

/** Ends the sessions with the foreign database as its administrator would. */
const cutOff = () =>
  foreign.client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'piper'`,
  );

test('a preview whose connection is lost says so', async () => {
  const { path } = await inProject();
  await foreign.client.query('create view zz_slow as select pg_sleep(1.5)::text as nap');
  const reply = owner.browser.post(`${path}/preview`, connection());
  const isSlow = `select 1 from pg_stat_activity where query like '%zz_slow%' and state = 'active' and application_name = 'piper'`;
  await until(async () => (await foreign.client.query(isSlow)).rowCount === 1, { timeoutMs: 9_000 });
  await cutOff();
  expect((await reply).json()).toMatchObject({ error: { code: 'database_lost' } });
  await foreign.client.query('drop view zz_slow');
});

test('a server that says nothing is given up, and one that says too much', async () => {
  const { tls: _tls, ...address } = connection();
  const silent = await openForeign({ ...address, tls: 'off', publicOnly: false }, 300);
  expect(isLost(await silent.query('select pg_sleep(3)').catch((error: unknown) => error))).toBe(true);
  await silent.end();
  const loud = await openForeign({ ...address, tls: 'off', publicOnly: false }, 30_000);
  await expect(loud.query(`select repeat('x', 300000) from generate_series(1, 1000)`)).rejects.toThrow('more than 256 MB');
  await loud.end();
});

test('a database in use is copied whole though the connection is lost meanwhile', { timeout: 60_000 }, async () => {
  await foreign.client.query(`create schema shop; grant usage on schema shop to ${reader};
    create table shop.orders (code text primary key, seat int unique, weight float8 not null);
    create table shop.item (id serial primary key, "order" text not null references shop.orders, note text not null);
    insert into shop.orders select md5(n::text), n, n from generate_series(1, 3000) n;
    insert into shop.item ("order", note) select md5((1 + n % 3000)::text), repeat('note', 20) from generate_series(1, 40000) n`);
  const shop = new pg.Client({ connectionString: foreign.url });
  await shop.connect();
  let isOpen = true;
  const business = async () => {
    for (let n = 1; isOpen; n++)
      await shop.query(`insert into shop.orders values ('${n % 16}' || md5('new ${n}'), ${-n}, ${n});
        insert into shop.item ("order", note) values ('${n % 16}' || md5('new ${n}'), 'new'), (md5('${1 + n}'), 'more');
        delete from shop.item where "order" = md5('${3000 - n}'); delete from shop.orders where code = md5('${3000 - n}');
        update shop.orders set seat = 1000000 + ${n} where code = md5('${n}'); update shop.orders set seat = ${n} where code = md5('${n + 1}');
        update shop.orders set weight = 'NaN' where code = md5('${n + 2}')`);
  };
  const selling = business();
  const { path, read, ended } = await inProject();
  const { id } = (await owner.browser.post(path, { ...connection(), schemas: ['shop'] })).json<{ data: AttachedDatabase }>().data;
  const itemsCopied = async () => (await read(id)).progress.find(({ table }) => table === 'shop.item')?.copied ?? 0;
  await until(async () => (await itemsCopied()) > 0, { timeoutMs: 20_000 });
  await cutOff();
  const attached = await ended(id).finally(() => (isOpen = false));
  await selling.finally(() => shop.end());
  expect(attached).toMatchObject({ status: 'done', error: null, report: { isSame: true } });
  await foreign.client.query('drop schema shop cascade');
});

test('what is forgotten leaves its models and records', async () => {
  const { path, items, ended } = await inProject();
  const { id } = (await owner.browser.post(path, connection())).json<{ data: AttachedDatabase }>().data;
  await ended(id);
  expect((await owner.browser.delete(`${path}/${id}`)).statusCode).toBe(204);
  expect((await owner.browser.get(`${path}/${id}`)).statusCode).toBe(404);
  expect((await owner.browser.get(`${items}/artist?limit=1`)).statusCode).toBe(200);
});

test('a copy cut off by kill -9 goes on after the restart, and is whole', { timeout: 180_000 }, async () => {
  await foreign.client
    .query(`create schema big; create table big.row (id int primary key, parent int references big.row, text text not null);
    insert into big.row select n, nullif(n / 2, 0), repeat(md5(n::text), 4) from generate_series(1, 60000) n`);
  const database = await createTestDatabase();
  const secrets = { JWT_SECRET: 'j'.repeat(40), CSRF_SECRET: 'c'.repeat(40), ENCRYPTION_KEY: 'e'.repeat(64) };
  const piper = await startPiper({ ...secrets, DATABASE_URL: database.url });
  try {
    const remote = await registerRemote(() => piper.url);
    const path = `/api/projects/${remote.projectId}/databases`;
    const { id } = await remote.json<AttachedDatabase>('POST', path, { ...connection(), schemas: ['big'] });
    const read = () => remote.json<AttachedDatabase>('GET', `${path}/${id}`);
    const copied = async () => (await read()).progress[0]?.copied ?? 0;
    await until(async () => (await copied()) > 0, { timeoutMs: 60_000 });
    await piper.kill();
    await piper.restart();
    const after = await read();
    expect(after.status).toBe('copying');
    expect(after.progress[0]!.copied).toBeLessThan(60_000);
    await until(async () => ['done', 'failed'].includes((await read()).status), { timeoutMs: 90_000 });
    expect(await read()).toMatchObject({
      status: 'done',
      report: { isSame: true, tables: [{ table: 'big.row', source: { rows: 60_000 }, target: { rows: 60_000 } }] },
    });
  } finally {
    await piper.stop();
    await database.drop();
  }
});
