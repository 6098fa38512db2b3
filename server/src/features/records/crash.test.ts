/** `kill -9` in the middle of a batch: nothing of it is there, and the same request, sent again, does all of it once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { limits } from '@piper/shared/limits';
import { createTestDatabase, openTestServer } from '../../../../test/harness.ts';
import { startPiper } from '../../../../test/piper-process.ts';
import { createRecordsProject, model, text } from '../../../../test/records.ts';

test('a batch whose process is killed is not there, and is done once when it is sent again', { timeout: 60_000 }, async () => {
  const database = await createTestDatabase();
  const server = await openTestServer({ database });
  const secrets = { JWT_SECRET: 'j'.repeat(40), CSRF_SECRET: 'c'.repeat(40), ENCRYPTION_KEY: 'e'.repeat(64) };
  const piper = await startPiper({ ...secrets, DATABASE_URL: database.url, PIPER_SERVICES: 'api' });
  try {
    const place = await createRecordsProject(server, [model('things', [text('name')])]);
    const { key } = (await place.owner.browser.post('/api/keys', { name: 'k', projectId: place.project.id })).json().data;
    const url = `/api/projects/${place.project.id}/batch`;
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'once', 'content-type': 'application/json' };
    const operations = Array.from({ length: limits.batchOperations }, (_, i) => ({
      op: 'create',
      model: 'things',
      data: { name: `${i}` },
    }));
    const body = JSON.stringify({ operations });
    const count = async (): Promise<number> =>
      (await place.owner.browser.get(`${place.at('things')}?aggregate[count]=*`)).json().data[0].count;

    const sent = fetch(piper.url + url, { method: 'POST', headers, body }).then(
      (reply) => reply.status,
      () => 'cut off',
    );
    await transactionOf(server.deps.pool);
    await piper.kill();
    expect(await sent).toBe('cut off');
    expect(await count()).toBe(0);

    const again = () => server.app.inject({ method: 'POST', url, headers, payload: body });
    const [first, second] = [await again(), await again()];
    expect([first.statusCode, second.statusCode, second.body === first.body]).toEqual([200, 200, true]);
    expect(await count()).toBe(limits.batchOperations);
    const { rows } = await server.deps.pool.query(`select count(*)::int as n from piper.events where type = 'record.created'`);
    expect(rows).toEqual([{ n: limits.batchOperations }]);
  } finally {
    await piper.stop();
    await server.close();
    await database.drop();
  }
});

/** Resolves when another process has begun to write. */
async function transactionOf(pool: { query(text: string): Promise<{ rows: unknown[] }> }): Promise<void> {
  const writing = `select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_xid is not null`;
  while ((await pool.query(writing)).rows.length === 0) await sleep(2);
}
