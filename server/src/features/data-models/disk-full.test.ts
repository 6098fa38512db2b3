/**
 * A disk that really is full: the table lies on a small file system of its own, for which this test must be root on Linux.
 * change-sets.crash.test.ts tells of a full disk everywhere.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import type { ModelAction } from '@piper/shared/data-models';
import { addProject, addUser } from '../../../../test/actors.ts';
import { createTestDatabase, openTestServer, type TestDatabase, type TestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { applyActions } from './change-sets.service.ts';
import { schemaOf } from './names.ts';

const mb = 1024 * 1024;
const tablespace = `small_${process.pid}`;
const disk = mountSmall();
let database: TestDatabase | undefined;
let server: TestServer | undefined;

afterAll(async () => {
  await server?.close();
  if (!disk || !database) return;
  const url = new URL(database.url);
  await database.drop();
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`drop tablespace if exists ${tablespace}`);
  await client.end();
  execFileSync('umount', [disk]);
  rmdirSync(disk);
});

/** Undefined where that is not allowed. */
function mountSmall(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const path = mkdtempSync(join(tmpdir(), 'piper-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${64 * mb}`, 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    rmdirSync(path);
    return undefined;
  }
}

const resize = (path: string, bytes: number): Buffer => execFileSync('mount', ['-o', `remount,size=${Math.ceil(bytes)}`, path]);

test.skipIf(!disk)(
  'the change fails, says so, leaves nothing behind, and succeeds once there is room',
  { timeout: 60_000 },
  async () => {
    database = await createTestDatabase();
    server = await openTestServer({ database, env: { services: new Set(['api']) } });
    const { db, pool } = server.deps;
    const ctx = ctxFor(server.deps, system, 'test');
    const ask = async <T extends object>(query: string): Promise<T[]> => (await pool.query<T>(query)).rows;
    const [{ directory }] = (await ask<{ directory: string }>(`select current_setting('data_directory') as directory`)) as [
      { directory: string },
    ];
    const { uid, gid } = statSync(directory);
    execFileSync('chown', [`${uid}:${gid}`, disk!]);
    await pool.query(`create tablespace ${tablespace} location '${disk!}'`);

    const { id } = await addProject(db, { [(await addUser(db)).userId]: 'owner' });
    await applyActions(ctx, id, [
      { do: 'create-model', model: { label: 'Thing', key: 'things', fields: [{ type: 'text', label: 'Amount' }] } },
    ]);
    const table = `${schemaOf(id)}.things`;
    await pool.query(`alter table ${table} set tablespace ${tablespace}`);
    await pool.query(`insert into ${table} (id, amount) select gen_random_uuid(), n::text from generate_series(1, 60000) n`);
    const columns = (): Promise<object[]> =>
      ask(
        `select attname, atttypid::regtype::text as type from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped order by 1`,
      );
    const before = await columns();
    const [{ bytes }] = (await ask<{ bytes: number }>(`select pg_table_size('${table}')::int as bytes`)) as [{ bytes: number }];
    resize(disk!, bytes * 1.2);

    const change: ModelAction[] = [{ do: 'update-field', model: 'things', field: 'amount', changes: { type: 'integer' } }];
    await expect(applyActions(ctx, id, change)).rejects.toMatchObject({ code: 'storage_full' });
    expect(await columns()).toEqual(before);
    expect(await ask(`select tgname from pg_trigger where tgrelid = '${table}'::regclass and not tgisinternal`)).toEqual([]);
    expect(await ask(`select count(amount)::int as n from ${table}`)).toEqual([{ n: 60_000 }]);

    resize(disk!, 64 * mb);
    await applyActions(ctx, id, change);
    expect(await columns()).toContainEqual({ attname: expect.stringMatching(/^amount/), type: 'bigint' });
  },
);
