/** Registering, signing in, refreshing, signing out: through HTTP, with every refusal. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { manualClock, openTestServer, useTestServer, type TestServer } from '../../../../test/harness.ts';
import { Browser, registerUser, securityEvents } from '../../../../test/accounts.ts';

const clock = manualClock('2026-11-20T10:00:00Z');
const server = useTestServer({ clock });
const password = 'correct horse';

describe('register', () => {
  test('answers the account, a token and httpOnly cookies', async () => {
    const browser = new Browser(server);
    const email = `${randomUUID()}@example.com`;
    const reply = await browser.post('/api/auth/register', { email, password, name: ' Ada ' });
    expect(reply.statusCode).toBe(201);
    const { user, accessToken, expiresAt } = reply.json().data;
    expect(user).toMatchObject({ email, name: 'Ada', hasPassword: true });
    expect(JSON.stringify(reply.json())).not.toMatch(/password_hash|passwordHash|\$2b\$/);
    expect(Date.parse(expiresAt)).toBe(clock.now().getTime() + 900_000);
    const refresh = reply.cookies.find((cookie) => cookie.name === 'piper_refresh');
    expect(refresh).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/api/auth', maxAge: 604_800 });
    expect(refresh).not.toHaveProperty('secure');
    const profile = await server.app.inject({ url: '/api/auth/profile', headers: { authorization: `Bearer ${accessToken}` } });
    expect(profile.json().data.id).toBe(user.id);
  });

  test('refuses what is not an account', async () => {
    const browser = new Browser(server);
    const valid = { email: `${randomUUID()}@example.com`, password, name: 'x' };
    const refused: [object, number, string][] = [
      [{ ...valid, email: 'nobody' }, 400, 'validation_failed'],
      [{ ...valid, email: 5 }, 400, 'validation_failed'],
      [{ ...valid, name: '   ' }, 400, 'validation_failed'],
      [{ ...valid, role: 'OWNER' }, 400, 'validation_failed'],
      [{ ...valid, password: 'short' }, 400, 'password_too_short'],
      [{ ...valid, password: 'é'.repeat(37) }, 400, 'password_too_long'],
      [{ ...valid, name: 'a\0b' }, 400, 'validation_failed'],
      [{ ...valid, password: 'a\0bcdefgh' }, 400, 'validation_failed'],
      [{ email: valid.email, password }, 400, 'validation_failed'],
    ];
    for (const [body, status, code] of refused) {
      const reply = await browser.post('/api/auth/register', body);
      expect([reply.statusCode, reply.json().error.code], JSON.stringify(body)).toEqual([status, code]);
    }
  });

  test('takes an address once, in whatever case', async () => {
    const { email } = await registerUser(server);
    const reply = await new Browser(server).post('/api/auth/register', { email: email.toUpperCase(), password, name: 'x' });
    expect([reply.statusCode, reply.json().error.code]).toEqual([409, 'email_taken']);
  });

  test('stores SQL and markup as the text it is', async () => {
    const name = `'); drop table piper.users; -- <script>alert(1)</script>`;
    const { user } = await registerUser(server, { name });
    expect(user.name).toBe(name);
    const reply = await new Browser(server).post('/api/auth/login', { email: `' or 1=1 --`, password: `' or '1'='1` });
    expect(reply.statusCode).toBe(401);
  });
});

describe('the first account', () => {
  test('of two at once exactly one becomes owner', async () => {
    const fresh = await openTestServer();
    try {
      const replies = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          new Browser(fresh).post('/api/auth/register', { email: `u${i}@example.com`, password, name: 'x' }),
        ),
      );
      const roles = replies.map((reply) => reply.json().data.user.role).toSorted();
      expect(roles).toEqual(['MEMBER', 'MEMBER', 'MEMBER', 'MEMBER', 'MEMBER', 'OWNER']);
    } finally {
      await fresh.close();
    }
  });
});

describe('login', () => {
  test('signs in with the address in any case', async () => {
    const { email } = await registerUser(server);
    const reply = await new Browser(server).post('/api/auth/login', { email: email.toUpperCase(), password });
    expect(reply.statusCode).toBe(200);
  });

  test('answers the same to an unknown address and a wrong password, and records both', async () => {
    const { email, user } = await registerUser(server);
    const unknown = await new Browser(server).post('/api/auth/login', { email: `${randomUUID()}@example.com`, password });
    const wrong = await new Browser(server).post('/api/auth/login', { email, password: 'wrong password' });
    const tooLong = await new Browser(server).post('/api/auth/login', { email, password: 'x'.repeat(100) });
    for (const reply of [unknown, wrong, tooLong]) {
      expect(reply.statusCode).toBe(401);
      expect({ ...reply.json().error, requestId: '' }).toEqual({ ...wrong.json().error, requestId: '' });
      expect(reply.cookies).toEqual([]);
    }
    const events = await securityEvents(server, 'login.failed');
    expect(events.filter((event) => event.subject === user.id)).toHaveLength(2);
    expect(JSON.stringify(events)).not.toContain('wrong password');
  });

  test('does not sign in with the first 72 bytes of a longer password', async () => {
    const exact = 'p'.repeat(72);
    const { email } = await registerUser(server, { password: exact });
    const ok = await new Browser(server).post('/api/auth/login', { email, password: exact });
    const longer = await new Browser(server).post('/api/auth/login', { email, password: `${exact}q` });
    expect([ok.statusCode, longer.statusCode]).toEqual([200, 401]);
  });
});

describe('refresh', () => {
  test('rotates the cookie and gives a token that works', async () => {
    const { browser } = await registerUser(server);
    const before = browser.cookie('piper_refresh');
    const reply = await browser.refresh();
    expect(reply.statusCode).toBe(200);
    expect(browser.cookie('piper_refresh')).not.toBe(before);
    expect((await browser.get('/api/auth/profile')).statusCode).toBe(200);
    expect((await browser.refresh()).statusCode).toBe(200);
  });

  test('reuse of an old token ends the session for everybody', async () => {
    const { browser, user } = await registerUser(server);
    const thief = browser.clone();
    expect((await browser.refresh()).statusCode).toBe(200);
    clock.advance(60_000);
    expect((await thief.refresh()).json().error.code).toBe('refresh_token_invalid');
    expect((await browser.refresh()).statusCode).toBe(401);
    expect((await browser.get('/api/auth/profile')).statusCode).toBe(401);
    const events = await securityEvents(server, 'token.reused');
    expect(events.filter((event) => event.subject === user.id)).toHaveLength(1);
  });

  test('a token whose successor was used is stolen, however soon it comes', async () => {
    const { browser } = await registerUser(server);
    const thief = browser.clone();
    await browser.refresh();
    await browser.refresh();
    expect((await thief.refresh()).statusCode).toBe(401);
    expect((await browser.refresh()).statusCode).toBe(401);
  });

  test('two tabs at the same moment both stay signed in, with one family', async () => {
    const { browser, user } = await registerUser(server);
    const tabs = Array.from({ length: 5 }, () => browser.clone());
    const replies = await Promise.all(tabs.map((tab) => tab.refresh()));
    expect(replies.map((reply) => reply.statusCode)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(tabs.map((tab) => tab.cookie('piper_refresh'))).size).toBe(1);
    clock.advance(60_000);
    expect((await tabs[0]!.refresh()).statusCode).toBe(200);
    const sessions = await server.deps.db.selectFrom('piper.sessions').select('id').where('user_id', '=', user.id).execute();
    expect(sessions).toHaveLength(1);
  });

  test('refuses unknown and missing tokens, and a session past its end', async () => {
    const browser = new Browser(server);
    expect((await browser.refresh()).statusCode).toBe(401);
    browser.setCookie('piper_refresh', 'AAAA');
    expect((await browser.refresh()).json().error.code).toBe('refresh_token_invalid');
    const { browser: old } = await registerUser(server);
    clock.advance(8 * 24 * 3_600_000);
    expect((await old.refresh()).statusCode).toBe(401);
  });
});

describe('CSRF', () => {
  test('refresh and logout need the token of this very session', async () => {
    const { browser } = await registerUser(server);
    const { browser: other } = await registerUser(server);
    const foreign = (await other.csrf())!;
    const own = (await browser.csrf())!;
    for (const url of ['/api/auth/refresh', '/api/auth/logout']) {
      const missing = await browser.send({ method: 'POST', url }, { bearer: false });
      expect([missing.statusCode, missing.json().error.message]).toEqual([403, 'Invalid CSRF token']);
      const wrong = await browser.send({ method: 'POST', url, headers: { 'x-csrf-token': `${own}x` } }, { bearer: false });
      expect(wrong.statusCode).toBe(403);
      const planted = browser.clone();
      planted.setCookie('csrf_token', foreign);
      const otherSession = await planted.send({ method: 'POST', url, headers: { 'x-csrf-token': foreign } }, { bearer: false });
      expect(otherSession.statusCode).toBe(403);
    }
    expect((await browser.refresh()).statusCode).toBe(200);
  });

  test('a token from before sign-in is void after it', async () => {
    const visitor = new Browser(server);
    const before = (await visitor.csrf())!;
    const { email } = await registerUser(server);
    expect((await visitor.post('/api/auth/login', { email, password })).statusCode).toBe(200);
    visitor.setCookie('csrf_token', before);
    const reply = await visitor.send(
      { method: 'POST', url: '/api/auth/refresh', headers: { 'x-csrf-token': before } },
      { bearer: false },
    );
    expect(reply.statusCode).toBe(403);
  });

  test('changes by cookie need it, reads and bearer requests do not', async () => {
    const { browser } = await registerUser(server);
    const patch = { method: 'PATCH', url: '/api/auth/profile', payload: { name: 'New' } } as const;
    expect((await browser.send({ method: 'GET', url: '/api/auth/profile' }, { bearer: false })).statusCode).toBe(200);
    expect((await browser.send(patch, { bearer: false })).statusCode).toBe(403);
    const token = (await browser.csrf())!;
    expect((await browser.send({ ...patch, headers: { 'x-csrf-token': token } }, { bearer: false })).statusCode).toBe(200);
    expect((await browser.send(patch)).statusCode).toBe(200);
  });
});

describe('logout', () => {
  test('ends the session, its token and its cookies', async () => {
    const { browser } = await registerUser(server);
    const copy = browser.clone();
    const token = (await browser.csrf())!;
    const reply = await browser.send(
      { method: 'POST', url: '/api/auth/logout', headers: { 'x-csrf-token': token } },
      { bearer: false },
    );
    expect(reply.statusCode).toBe(204);
    expect(browser.cookie('piper_refresh')).toBeUndefined();
    expect((await copy.get('/api/auth/profile')).statusCode).toBe(401);
    expect((await copy.refresh()).statusCode).toBe(401);
  });

  test('a client without cookies signs out with its token alone', async () => {
    const { browser } = await registerUser(server);
    const headers = { authorization: `Bearer ${browser.token}` };
    expect((await server.app.inject({ method: 'POST', url: '/api/auth/logout', headers })).statusCode).toBe(204);
    expect((await server.app.inject({ url: '/api/auth/profile', headers })).statusCode).toBe(401);
  });
});

describe('over https', () => {
  let secure: TestServer;
  beforeAll(async () => {
    secure = await openTestServer({ env: { http: { publicUrl: 'https://piper.test' } } });
    return () => secure.close();
  });
  test('all cookies are Secure', async () => {
    const reply = await new Browser(secure).post('/api/auth/register', { email: 'a@example.com', password, name: 'x' });
    expect(reply.cookies.map((cookie) => cookie['secure'])).toEqual(reply.cookies.map(() => true));
  });
});
