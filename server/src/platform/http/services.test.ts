import { expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';

const worker = useTestServer({ env: { services: new Set(['worker']) } });

test('a process that only works serves its health, and no API or page', async () => {
  expect((await worker.app.inject('/health')).json()).toMatchObject({ status: 'ok' });
  expect((await worker.app.inject('/metrics')).body).toContain('piper_runs_open');
  for (const url of ['/', '/api/projects', '/api/docs', '/api/live/events?topic=x']) {
    const reply = await worker.app.inject(url);
    expect([url, reply.statusCode]).toEqual([url, 404]);
  }
});
