/** People of an external issuer: by its PEM key, by its key set, and on its own page. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, registerUser, securityEvents } from '../../../../test/accounts.ts';
import { fakeClient, startFakeOidc, type FakeOidc, type TokenOptions } from '../../../../test/fake-oidc/fake-oidc.ts';
import { openTestServer, type TestServer } from '../../../../test/harness.ts';

const code = (reply: { statusCode: number; json(): { error?: { code: string } } }) => [
  reply.statusCode,
  reply.json().error?.code,
];
const strangerKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const idp: FakeOidc = await startFakeOidc();
afterAll(() => idp.close());
const { pem } = idp;
/** Known by its key alone: nobody asks it anything. */
const issuer = 'https://clerk.example.com';
const token = (claims: Record<string, unknown>, options: TokenOptions = {}) => idp.sign(claims, { iss: issuer, ...options });

describe('tokens checked by a PEM key', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer({
      env: { auth: { external: { issuer, jwksUrl: undefined, pem, clientId: undefined, clientSecret: undefined } } },
    });
    await registerUser(server);
    return () => server.close();
  });
  const withToken = (value: string) =>
    server.app.inject({ url: '/api/auth/profile', headers: { authorization: `Bearer ${value}` } });

  test('sign in directly, create the account once and follow its name', async () => {
    const sub = `user_${randomUUID()}`;
    const claims = {
      sub,
      primary_email_address: `${sub}@example.com`,
      first_name: 'Grace',
      last_name: 'Hopper',
      image_url: 'https://img.example.com/1.png',
      role: 'OWNER',
    };
    const replies = await Promise.all([1, 2, 3].map(async (i) => withToken(await token({ ...claims, jti: i }))));
    const users = replies.map((reply) => reply.json().data);
    expect(users[0]).toMatchObject({
      name: 'Grace Hopper',
      email: `${sub}@example.com`,
      role: 'MEMBER',
      hasPassword: false,
      image: 'https://img.example.com/1.png',
    });
    expect(new Set(users.map((user) => user.id)).size).toBe(1);
    const renamed = (await withToken(await token({ ...claims, name: 'Rear Admiral' }))).json().data;
    expect(renamed).toMatchObject({ id: users[0].id, name: 'Rear Admiral' });
  });

  test('are exchanged for a session of ours', async () => {
    const sub = `user_${randomUUID()}`;
    const browser = new Browser(server);
    const reply = await browser.post('/api/auth/external', { token: await token({ sub }) });
    expect(reply.statusCode).toBe(200);
    expect(reply.json().data.user.email).toBe(`${sub}@clerk.example.com.invalid`);
    expect((await browser.get('/api/auth/profile')).statusCode).toBe(200);
    expect((await browser.refresh()).statusCode).toBe(200);
  });

  test('forged ones open nothing', async () => {
    const sub = `user_${randomUUID()}`;
    const text = (header: object) =>
      `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(JSON.stringify({ sub, iss: issuer, exp: 4_000_000_000 })).toString('base64url')}`;
    const hmacOfPublicKey = await new SignJWT({ sub })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer)
      .setExpirationTime('5m')
      .sign(Buffer.from(pem));
    const forged = [
      await token({ sub }, { key: strangerKey }),
      await token({ sub }, { iss: 'https://elsewhere.example.com' }),
      hmacOfPublicKey,
      `${text({ alg: 'none' })}.`,
      await token({}),
    ];
    for (const value of forged) {
      expect(code(await withToken(value))).toEqual([401, 'unauthenticated']);
      expect((await new Browser(server).post('/api/auth/external', { token: value })).statusCode).toBe(401);
    }
    expect(code(await withToken(await token({ sub }, { expires: '-1m' })))).toEqual([401, 'token_expired']);
    const { rowCount } = await server.deps.pool.query('select 1 from piper.users where external_subject = $1', [sub]);
    expect(rowCount).toBe(0);
  });

  test('never take over an account by an unverified address', async () => {
    const victim = await registerUser(server);
    const claims = { sub: `user_${randomUUID()}`, email: victim.email };
    expect(code(await withToken(await token(claims)))).toEqual([409, 'email_taken']);
    expect(code(await withToken(await token({ ...claims, email_verified: 'true' })))).toEqual([409, 'email_taken']);
    expect((await victim.browser.get('/api/auth/profile')).statusCode).toBe(200);
  });

  test('link by a verified address, and whoever held the account by password is out', async () => {
    const squatter = await registerUser(server);
    const { key } = (await squatter.browser.post('/api/keys', { name: 'x' })).json().data;
    const claims = { sub: `user_${randomUUID()}`, email: squatter.email.toUpperCase(), email_verified: true, name: 'Rightful' };
    const reply = await withToken(await token(claims));
    expect(reply.json().data).toMatchObject({ id: squatter.user.id, hasPassword: false });
    expect((await squatter.browser.get('/api/auth/profile')).statusCode).toBe(401);
    expect((await withToken(key)).statusCode).toBe(401);
    expect(
      (await new Browser(server).post('/api/auth/login', { email: squatter.email, password: 'correct horse' })).statusCode,
    ).toBe(401);
    expect((await securityEvents(server, 'identity.linked')).map((event) => event.subject)).toContain(squatter.user.id);
    const other = { ...claims, sub: `user_${randomUUID()}` };
    expect(code(await withToken(await token(other)))).toEqual([409, 'email_taken']);
  });

  test('make no account where registration is closed', async () => {
    await server.deps.pool.query(`insert into piper.settings (key, value) values ('registration', '"closed"')`);
    expect(code(await withToken(await token({ sub: `user_${randomUUID()}` })))).toEqual([403, 'registration_closed']);
    await server.deps.pool.query(`delete from piper.settings`);
  });
});

describe('an issuer with a key set and a page of its own', () => {
  let server: TestServer;
  const base = idp.issuer;
  const sub = `user_${randomUUID()}`;

  beforeAll(async () => {
    idp.person = { sub, email: `${sub}@example.com`, email_verified: true, name: 'Visitor' };
    server = await openTestServer({
      env: { auth: { external: { issuer: base, jwksUrl: idp.jwksUrl, pem: undefined, ...fakeClient } } },
    });
    return () => server.close();
  });

  async function visit(browser: Browser, next = '/threads'): Promise<URLSearchParams> {
    const reply = await browser.get(`/api/auth/oauth/external?next=${encodeURIComponent(next)}`);
    expect(reply.statusCode).toBe(302);
    return new URL(String(reply.headers.location)).searchParams;
  }

  /** The person agrees on the issuer's page, which sends them back. */
  function comeBack(browser: Browser, request: URLSearchParams, state = request.get('state') ?? '') {
    const url = idp.agree(request);
    url.searchParams.set('state', state);
    return browser.get(url.pathname + url.search);
  }

  test('its tokens are checked by the key set, for our client only', async () => {
    const ours = await token({ sub, email: `${sub}@example.com`, email_verified: true }, { iss: base, aud: 'piper-client' });
    const theirs = await token({ sub }, { iss: base, aud: 'another-client' });
    const withToken = (value: string) =>
      server.app.inject({ url: '/api/auth/profile', headers: { authorization: `Bearer ${value}` } });
    expect((await withToken(ours)).statusCode).toBe(200);
    expect(code(await withToken(theirs))).toEqual([401, 'unauthenticated']);
  });

  test('signs in there and comes back with a session', async () => {
    const browser = new Browser(server);
    const request = await visit(browser);
    expect(request.get('code_challenge_method')).toBe('S256');
    expect(request.get('redirect_uri')).toBe('http://piper.test/api/auth/oauth/external/callback');
    const reply = await comeBack(browser, request);
    expect([reply.statusCode, reply.headers.location]).toEqual([302, '/threads']);
    expect((await browser.refresh()).json().data.user).toMatchObject({ name: 'Visitor', email: `${sub}@example.com` });
    const methods = (await browser.get('/api/auth/methods')).json().data;
    expect(methods.external).toEqual({ issuer: base, url: '/api/auth/oauth/external' });
  });

  test('refuses a foreign state, a lost cookie, a swapped verifier and foreign ways on', async () => {
    const browser = new Browser(server);
    const request = await visit(browser);
    const refused = '/sign-in?error=unauthenticated&to=%2Fthreads';
    expect((await comeBack(browser.clone(), request, 'another')).headers.location).toBe(refused);
    expect((await comeBack(new Browser(server), request)).headers.location).toBe('/sign-in?error=unauthenticated');
    const other = new Browser(server);
    await visit(other);
    expect((await comeBack(other, request)).headers.location).toBe(refused);
    expect(other.cookie('piper_refresh')).toBeUndefined();
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      const tab = new Browser(server);
      expect((await comeBack(tab, await visit(tab, next))).headers.location).toBe('/');
    }
    expect((await browser.get('/api/auth/oauth/unknown')).statusCode).toBe(404);
  });
});
