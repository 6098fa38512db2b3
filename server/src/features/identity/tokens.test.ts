/** Forged, expired and foreign credentials; sessions, keys and the limits on guessing. */
import { createHmac, createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { Browser, createProject, registerUser, securityEvents, type TestUser } from '../../../../test/accounts.ts';
import { manualClock, openTestServer, until, useTestServer } from '../../../../test/harness.ts';

const clock = manualClock('2026-11-20T10:00:00Z');
const server = useTestServer({ clock });
const code = (reply: { statusCode: number; json(): { error?: { code: string } } }) => [
  reply.statusCode,
  reply.json().error?.code,
];
const withToken = (token: string, url = '/api/auth/profile') =>
  server.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function claimsOf(token: string): { sub: string; sid: string; iss: string; exp: number } {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
}

describe('access tokens', () => {
  test('forged ones open nothing', async () => {
    const { token, user } = await registerUser(server);
    const other = await registerUser(server);
    const claims = claimsOf(token);
    const [header, body, signature] = token.split('.') as [string, string, string];
    const now = Math.floor(clock.now().getTime() / 1_000);
    const sign = (key: string, alg = 'HS256', payload: object = claims) => {
      const text = `${encode({ alg, typ: 'JWT' })}.${encode(payload)}`;
      return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
    };
    const { jwt } = server.deps.env.secrets;
    const forged = {
      none: `${encode({ alg: 'none' })}.${body}.`,
      'none with signature': `${encode({ alg: 'none' })}.${body}.${signature}`,
      'another key': sign('x'.repeat(43)),
      'another account': `${header}.${encode({ ...claims, sub: other.user.id })}.${signature}`,
      'our key, another account in this session': sign(jwt, 'HS256', { ...claims, sub: other.user.id }),
      'our key, another issuer': sign(jwt, 'HS256', { ...claims, iss: 'elsewhere' }),
      'our key, another algorithm': sign(jwt, 'HS512'),
      'no session': sign(jwt, 'HS256', { ...claims, sid: undefined }),
      'a session that is no id': sign(jwt, 'HS256', { ...claims, sid: `' or 1=1 --` }),
      'no end': sign(jwt, 'HS256', { ...claims, exp: undefined }),
      'not yet': sign(jwt, 'HS256', { ...claims, nbf: now + 600 }),
      rubbish: 'a.b.c',
      empty: '',
      'an unknown key': 'pk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    };
    for (const [what, value] of Object.entries(forged))
      expect(code(await withToken(value)), what).toEqual([401, 'unauthenticated']);
    expect((await withToken(sign(jwt))).json().data.id).toBe(user.id);
  });

  test('end after 15 minutes, also when they were just used', async () => {
    const { token } = await registerUser(server);
    expect((await withToken(token)).statusCode).toBe(200);
    clock.advance(15 * 60_000 + 1_000);
    expect(code(await withToken(token))).toEqual([401, 'token_expired']);
  });

  test('an expired one does not hinder signing in', async () => {
    const { email, token } = await registerUser(server);
    clock.advance(16 * 60_000);
    const payload = { email, password: 'correct horse' };
    const reply = await server.app.inject({
      method: 'POST',
      url: '/api/auth/login',
      payload,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(reply.statusCode).toBe(200);
  });

  test('a forged session cookie is nobody', async () => {
    const { token, browser } = await registerUser(server);
    const { sid } = claimsOf(token);
    const cookies = [
      `${sid}.AAAA`,
      sid,
      `${sid}.`,
      '.',
      browser.cookie('piper_session')!.replace(sid, claimsOf((await registerUser(server)).token).sid),
    ];
    for (const value of cookies) {
      const reply = await server.app.inject({ url: '/api/auth/profile', headers: { cookie: `piper_session=${value}` } });
      expect(reply.statusCode).toBe(401);
    }
  });
});

describe('sessions', () => {
  test('are listed and ended by their person only', async () => {
    const somebody = await registerUser(server);
    const stranger = await registerUser(server);
    const second = new Browser(server);
    await second.post('/api/auth/login', { email: somebody.email, password: 'correct horse' });
    const { data } = (await somebody.browser.get('/api/auth/sessions')).json();
    expect(data.map((session: { current: boolean }) => session.current).toSorted()).toEqual([false, true]);
    const { id } = data.find((session: { current: boolean }) => !session.current);
    expect(code(await stranger.browser.delete(`/api/auth/sessions/${id}`))).toEqual([404, 'not_found']);
    expect((await second.get('/api/auth/profile')).statusCode).toBe(200);
    expect((await somebody.browser.delete(`/api/auth/sessions/${id}`)).statusCode).toBe(204);
    expect((await second.get('/api/auth/profile')).statusCode).toBe(401);
    expect((await second.refresh()).statusCode).toBe(401);
    expect((await securityEvents(server, 'session.revoked')).map((event) => event.subject)).toContain(id);
    expect((await somebody.browser.delete(`/api/auth/sessions/${encodeURIComponent(`' or 1=1`)}`)).statusCode).toBe(400);
  });

  test('end everywhere else at once, for their person only', async () => {
    const somebody = await registerUser(server);
    const stranger = await registerUser(server);
    const others = [new Browser(server), new Browser(server)];
    for (const other of others) await other.post('/api/auth/login', { email: somebody.email, password: 'correct horse' });
    const url = '/api/auth/sessions';
    const forged = await somebody.browser.send({ method: 'DELETE', url }, { bearer: false });
    expect(code(forged)).toEqual([403, 'invalid_csrf_token']);
    expect((await others[0]!.get('/api/auth/profile')).statusCode).toBe(200);
    expect((await somebody.browser.delete(url)).json()).toEqual({ data: { ended: 2 } });
    for (const other of others) {
      expect((await other.get('/api/auth/profile')).statusCode).toBe(401);
      expect((await other.refresh()).statusCode).toBe(401);
    }
    expect((await somebody.browser.get('/api/auth/profile')).statusCode).toBe(200);
    expect((await stranger.browser.get('/api/auth/profile')).statusCode).toBe(200);
    expect((await somebody.browser.delete(url)).json()).toEqual({ data: { ended: 0 } });
  });

  test('end in another process within a second', async () => {
    const elsewhere = await openTestServer({ database: server.database, clock });
    try {
      const { browser, headers } = await registerUser(server);
      const read = () => elsewhere.app.inject({ url: '/api/auth/profile', headers });
      expect((await read()).statusCode).toBe(200);
      await browser.send({ method: 'POST', url: '/api/auth/logout', headers: { 'x-csrf-token': await browser.csrf() } });
      await until(async () => (await read()).statusCode === 401, { timeoutMs: 1_000 });
    } finally {
      await elsewhere.close();
    }
  });
});

describe('profile and password', () => {
  test('can be changed by their person', async () => {
    const { browser } = await registerUser(server);
    const reply = await browser.patch('/api/auth/profile', {
      name: '<b>Eve</b>',
      image: 'https://example.com/a.png',
      preferences: { theme: 'dark' },
    });
    expect(reply.json().data).toMatchObject({ name: '<b>Eve</b>', preferences: { theme: 'dark' }, version: 2 });
    for (const body of [{ role: 'OWNER' }, { name: '' }, { image: 'javascript:alert(1)' }, { email: 'no' }, { id: 'x' }]) {
      expect((await browser.patch('/api/auth/profile', body)).statusCode, JSON.stringify(body)).toBe(400);
    }
  });

  test('another address needs the password and must be free', async () => {
    const { browser, email } = await registerUser(server);
    const taken = (await registerUser(server)).email;
    expect(code(await browser.patch('/api/auth/profile', { email: `new-${email}` }))).toEqual([401, 'invalid_credentials']);
    const currentPassword = 'correct horse';
    expect(code(await browser.patch('/api/auth/profile', { email: taken, currentPassword }))).toEqual([409, 'email_taken']);
    expect((await browser.patch('/api/auth/profile', { email: `new-${email}`, currentPassword })).json().data.email).toBe(
      `new-${email}`,
    );
  });

  test('a new password ends the other sessions and is recorded', async () => {
    const { browser, email, user } = await registerUser(server);
    const other = new Browser(server);
    await other.post('/api/auth/login', { email, password: 'correct horse' });
    const change = (currentPassword: string, newPassword: string) =>
      browser.post('/api/auth/password', { currentPassword, newPassword });
    expect(code(await change('wrong horse', 'new password'))).toEqual([401, 'invalid_credentials']);
    expect(code(await change('correct horse', 'short'))).toEqual([400, 'password_too_short']);
    expect(code(await change('correct horse', 'x'.repeat(73)))).toEqual([400, 'password_too_long']);
    expect((await change('correct horse', 'new password')).statusCode).toBe(204);
    expect((await other.get('/api/auth/profile')).statusCode).toBe(401);
    expect((await browser.get('/api/auth/profile')).statusCode).toBe(200);
    expect((await new Browser(server).post('/api/auth/login', { email, password: 'correct horse' })).statusCode).toBe(401);
    expect((await new Browser(server).post('/api/auth/login', { email, password: 'new password' })).statusCode).toBe(200);
    expect((await securityEvents(server, 'password.changed')).filter((event) => event.subject === user.id)).toHaveLength(1);
  });
});

describe('API keys', () => {
  const makeKey = async (owner: TestUser, body: object) => {
    const reply = await owner.browser.post('/api/keys', { name: 'a key', ...body });
    expect(reply.statusCode).toBe(201);
    return reply.json().data as { id: string; key: string; prefix: string };
  };

  test('act for their person until revoked, and are stored as a hash', async () => {
    const owner = await registerUser(server);
    const stranger = await registerUser(server);
    const { id, key, prefix } = await makeKey(owner, {});
    expect(key).toMatch(/^pk_[\w-]{43}$/);
    expect(key.startsWith(prefix)).toBe(true);
    expect((await withToken(key)).json().data.id).toBe(owner.user.id);
    const { rows } = await server.deps.pool.query('select * from piper.api_keys where id = $1', [id]);
    expect(JSON.stringify(rows)).not.toContain(key.slice(10));
    expect(rows[0].last_used_at).not.toBeNull();
    expect(JSON.stringify(await securityEvents(server, 'key.created'))).not.toContain(key.slice(10));
    expect(code(await stranger.browser.delete(`/api/keys/${id}`))).toEqual([404, 'not_found']);
    expect((await owner.browser.delete(`/api/keys/${id}`)).statusCode).toBe(204);
    expect((await withToken(key)).statusCode).toBe(401);
    expect((await owner.browser.delete(`/api/keys/${id}`)).statusCode).toBe(404);
    expect((await securityEvents(server, 'key.revoked')).map((event) => event.subject)).toContain(id);
  });

  test('for reading write nothing', async () => {
    const owner = await registerUser(server);
    const { key } = await makeKey(owner, { access: 'read' });
    const headers = { authorization: `Bearer ${key}` };
    const reply = await server.app.inject({ method: 'POST', url: '/api/projects', headers, payload: { name: 'x' } });
    expect(code(reply)).toEqual([403, 'scope_insufficient']);
    expect((await server.app.inject({ url: '/api/projects', headers })).statusCode).toBe(200);
  });

  test('of one project see no other and make none', async () => {
    const owner = await registerUser(server);
    const [inside, outside] = [await createProject(owner), await createProject(owner)];
    const { key } = await makeKey(owner, { projectId: inside.id });
    const headers = { authorization: `Bearer ${key}` };
    expect((await server.app.inject({ url: `/api/projects/${inside.id}`, headers })).statusCode).toBe(200);
    expect((await server.app.inject({ url: `/api/projects/${outside.id}`, headers })).statusCode).toBe(404);
    expect(code(await server.app.inject({ method: 'DELETE', url: `/api/projects/${outside.id}`, headers }))).toEqual([
      404,
      'not_found',
    ]);
    const made = await server.app.inject({ method: 'POST', url: '/api/projects', headers, payload: { name: 'x' } });
    expect(code(made)).toEqual([403, 'forbidden']);
    const { data } = (await server.app.inject({ url: '/api/projects', headers })).json();
    expect(data.map((project: { id: string }) => project.id)).toEqual([inside.id]);
  });

  test('can not be made for foreign projects, in the past, or by a key', async () => {
    const owner = await registerUser(server);
    const foreign = await createProject(await registerUser(server));
    const { key } = await makeKey(owner, {});
    expect(code(await owner.browser.post('/api/keys', { name: 'x', projectId: foreign.id }))).toEqual([404, 'not_found']);
    expect(code(await owner.browser.post('/api/keys', { name: 'x', expiresAt: '2020-01-01T00:00:00Z' }))).toEqual([
      400,
      'validation_failed',
    ]);
    expect(code(await owner.browser.post('/api/keys', { name: 'x', expiresAt: 'tomorrow' }))).toEqual([400, 'validation_failed']);
    const headers = { authorization: `Bearer ${key}` };
    for (const [method, url, payload] of [
      ['POST', '/api/keys', { name: 'x' }],
      ['POST', '/api/auth/password', { newPassword: 'something new' }],
      ['PATCH', '/api/auth/profile', { name: 'x' }],
      ['GET', '/api/auth/sessions', undefined],
      ['DELETE', '/api/auth/sessions', undefined],
    ] as const) {
      const reply = await server.app.inject({ method, url, headers, ...(payload && { payload }) });
      expect(code(reply), url).toEqual([403, 'scope_insufficient']);
    }
  });

  test('expire', async () => {
    const owner = await registerUser(server);
    const { key } = await makeKey(owner, { expiresAt: new Date(clock.now().getTime() + 3_600_000).toISOString() });
    expect((await withToken(key)).statusCode).toBe(200);
    clock.advance(3_600_001);
    expect((await withToken(key)).statusCode).toBe(401);
  });
});

describe('rate limits', () => {
  test('of 1,000 sign-in attempts nearly all answer 429 with Retry-After', async () => {
    const strict = await openTestServer({ clock, env: { http: { trustProxy: true, rateLimitFactor: 1 } } });
    try {
      const { email } = await registerUser(strict);
      const attempt = (password: string, ip = '10.0.0.1') =>
        strict.app.inject({
          method: 'POST',
          url: '/api/auth/login',
          payload: { email, password },
          headers: { 'x-forwarded-for': ip },
        });
      const statuses = new Map<number, number>();
      const waits: number[] = [];
      for (let i = 0; i < 1_000; i++) {
        const reply = await attempt(`guess ${i}`);
        statuses.set(reply.statusCode, (statuses.get(reply.statusCode) ?? 0) + 1);
        if (reply.statusCode === 429) waits.push(Number(reply.headers['retry-after']));
      }
      expect(Object.fromEntries(statuses)).toEqual({ 401: 10, 429: 990 });
      expect(Math.min(...waits)).toBeGreaterThan(0);
      expect(code(await attempt('correct horse'))).toEqual([429, 'rate_limited']);
      expect((await attempt('correct horse', '10.0.0.2')).statusCode).toBe(200);
      clock.advance(61_000);
      expect((await attempt('correct horse')).statusCode).toBe(200);
    } finally {
      await strict.close();
    }
  });

  test('many accounts from one address are limited too', async () => {
    const strict = await openTestServer({ env: { http: { rateLimitFactor: 1 } } });
    try {
      const attempt = (i: number) =>
        strict.app.inject({
          method: 'POST',
          url: '/api/auth/login',
          payload: { email: `u${i}@example.com`, password: 'whatever it is' },
        });
      const replies = await Promise.all(Array.from({ length: 80 }, (_, i) => attempt(i)));
      expect(replies.filter((reply) => reply.statusCode === 429)).toHaveLength(20);
    } finally {
      await strict.close();
    }
  });
});

test('tokens made with jose and our key are the ones accepted (the forgeries above are not refused for their form)', async () => {
  const { token } = await registerUser(server);
  const { sub, sid } = claimsOf(token);
  const now = Math.floor(clock.now().getTime() / 1_000);
  const key = createSecretKey(Buffer.from(server.deps.env.secrets.jwt));
  const made = await new SignJWT({ sid })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('piper')
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + 60)
    .sign(key);
  expect((await withToken(made)).statusCode).toBe(200);
});
