import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { limits } from '@piper/shared/limits';
import { createProject, registerUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';

const server = useTestServer();

test('a body is nested so deep and no deeper', async () => {
  const user = await registerUser(server);
  const { id: projectId } = await createProject(user);
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const send = (levels: number) =>
    server.app.inject({
      method: 'POST',
      url: '/api/chat',
      headers: { ...user.headers, 'content-type': 'application/json' },
      payload: `{"projectId":"${projectId}","clientId":"${randomUUID()}","text":"x","variables":{"a":${nested(levels)}}}`,
    });
  // The body itself and its variables are two levels.
  expect((await send(limits.bodyDepth - 2)).statusCode).toBe(200);
  for (const levels of [limits.bodyDepth - 1, 20_000, 900_000]) {
    const reply = await send(levels);
    expect([levels, reply.statusCode, reply.json<{ error: { code: string } }>().error.code]).toEqual([
      levels,
      400,
      'validation_failed',
    ]);
  }
});
