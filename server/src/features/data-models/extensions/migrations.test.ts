/** Releases bring migrations to databases whose tables have added fields; the two never meet in a name. */
import { expect, test } from 'vitest';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemModels } from '@piper/shared/system-models/index';
import { registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { createTestDatabase, openTestServer } from '../../../../../test/harness.ts';
import { openPool } from '#platform/db/db';
import { migrate } from '#platform/db/migrate';
import { extensionPrefix } from '#platform/records/extensions';

const own = fileURLToPath(new URL('../../../../migrations', import.meta.url));
const startsLikeAdded = new RegExp(`\\b${extensionPrefix}[a-z]`);

test('no migration and no declaration takes a name of added fields', async () => {
  for (const name of await readdir(own)) {
    const text = await readFile(join(own, name), 'utf8');
    const taken = text.split('\n').filter((line) => startsLikeAdded.test(line));
    expect(taken, `${name} names something ${extensionPrefix}…, as only added fields may`).toEqual([]);
  }
  const declared = systemModels.flatMap(({ key, fields }) => fields.map((field) => ({ model: key, ...field })));
  expect(declared.filter(({ key, column }) => [key, column ?? ''].some((name) => name.startsWith(extensionPrefix)))).toEqual([]);
});

/** The migrations of today and one that changes the extended tables as releases do. */
async function nextRelease(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'piper-migrations-'));
  await cp(own, directory, { recursive: true });
  await writeFile(
    join(directory, '9999-next.sql'),
    `alter table piper.projects add column customer_number text not null default 'own';
     alter table piper.projects add column area int;
     update piper.projects set area = 7;
     create index projects_area on piper.projects (area, id);
     alter table piper.users alter column name set default '';`,
  );
  return directory;
}

test('a release migrates tables that have added fields, which keep their values', async () => {
  const database = await createTestDatabase();
  const directory = await nextRelease();
  const pool = openPool({ connectionString: database.url, onError: () => undefined });
  try {
    const first = await openTestServer({ database });
    const owner = await registerUser(first);
    const call = sender(first.app, owner);
    await call('POST', '/api/models/projects/fields', { type: 'text', label: 'Customer number', unique: true });
    await call('POST', '/api/models/projects/fields', { type: 'formula', label: 'Area', options: { formula: '{name}' } });
    await call('POST', '/api/models/users/fields', { type: 'user', label: 'Boss' });
    const { id } = await call('POST', '/api/projects', { name: 'North', x_customer_number: 'K1' });
    await first.close();

    expect(await migrate(pool, { directory })).toEqual(['9999-next']);

    const second = await openTestServer({ database });
    const later = sender(second.app, owner);
    const kept = { name: 'North', x_customer_number: 'K1', x_area: 'North' };
    expect(await later('GET', `/api/projects/${id}`)).toMatchObject(kept);
    await later('PATCH', `/api/projects/${id}`, { x_customer_number: 'K2' });
    expect(await later('PATCH', `/api/users/${owner.user.id}`, { x_boss: owner.user.id })).toMatchObject({
      x_boss: owner.user.id,
    });
    const { rows } = await pool.query('select customer_number, x_customer_number, area from piper.projects');
    expect(rows).toEqual([{ customer_number: 'own', x_customer_number: 'K2', area: 7 }]);
    await second.close();
  } finally {
    await pool.end();
    await rm(directory, { recursive: true });
    await database.drop();
  }
});

type App = Awaited<ReturnType<typeof openTestServer>>['app'];

const sender =
  (app: App, { headers }: TestUser) =>
  async (method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object): Promise<Record<string, unknown> & { id: string }> => {
    const reply = await app.inject({ method, url, headers, ...(payload && { payload }) });
    expect(reply.statusCode, reply.body).toBeLessThan(300);
    return reply.json<{ data: Record<string, unknown> & { id: string } }>().data;
  };
