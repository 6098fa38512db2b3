/** What owners and administrators decide: who may register, who is what, who is out. */
import { describe, expect, test } from 'vitest';
import { Browser, registerUser, securityEvents } from '../../../../test/accounts.ts';
import { openTestServer, useTestServer, type TestServer } from '../../../../test/harness.ts';

const code = (reply: { statusCode: number; json(): { error?: { code: string } } }) => [
  reply.statusCode,
  reply.json().error?.code,
];
const server = useTestServer();
const register = (to: TestServer, email: string, invitation?: string) =>
  new Browser(to).post('/api/auth/register', { email, password: 'correct horse', name: 'x', ...(invitation && { invitation }) });

describe('registration', () => {
  test('can be by invitation or closed, and only administrators say so', async () => {
    const own = await openTestServer();
    try {
      const owner = await registerUser(own);
      const member = await registerUser(own);
      expect((await owner.browser.get('/api/settings')).json().data).toEqual({ registration: 'open' });
      expect(code(await member.browser.get('/api/settings'))).toEqual([403, 'forbidden']);
      expect(code(await member.browser.patch('/api/settings', { registration: 'closed' }))).toEqual([403, 'forbidden']);
      expect(code(await owner.browser.patch('/api/settings', { registration: 'sometimes' }))).toEqual([400, 'validation_failed']);
      expect((await owner.browser.patch('/api/settings', { registration: 'invitation' })).json().data).toEqual({
        registration: 'invitation',
      });
      expect(code(await register(own, 'a@example.com'))).toEqual([403, 'registration_closed']);
      expect(code(await register(own, 'a@example.com', 'guessed'))).toEqual([404, 'invitation_invalid']);
      const { token, mailed } = (await owner.browser.post('/api/invitations', { email: 'a@example.com', role: 'ADMIN' })).json()
        .data;
      expect(mailed).toBe(false);
      expect((await register(own, 'a@example.com', token)).json().data.user.role).toBe('ADMIN');
      expect(code(await register(own, 'b@example.com', token))).toEqual([404, 'invitation_invalid']);
      await owner.browser.patch('/api/settings', { registration: 'closed' });
      const late = (await owner.browser.post('/api/invitations', { email: 'b@example.com' })).json().data;
      expect(code(await register(own, 'b@example.com', late.token))).toEqual([403, 'registration_closed']);
      expect((await owner.browser.get('/api/auth/methods')).json().data).toEqual({
        registration: 'closed',
        firstUser: false,
        external: null,
      });
      expect(await securityEvents(own, 'settings.changed')).toHaveLength(2);
    } finally {
      await own.close();
    }
  });

  test('only owners invite administrators, members nobody', async () => {
    const own = await openTestServer();
    try {
      const owner = await registerUser(own);
      const { token } = (await owner.browser.post('/api/invitations', { email: 'a@example.com', role: 'ADMIN' })).json().data;
      const admin = await registerUser(own, { invitation: token });
      const member = await registerUser(own);
      expect(code(await admin.browser.post('/api/invitations', { email: 'b@example.com', role: 'ADMIN' }))).toEqual([
        403,
        'forbidden',
      ]);
      expect((await admin.browser.post('/api/invitations', { email: 'b@example.com' })).statusCode).toBe(201);
      expect(code(await member.browser.post('/api/invitations', { email: 'b@example.com' }))).toEqual([403, 'forbidden']);
    } finally {
      await own.close();
    }
  });
});

describe('accounts', () => {
  test('roles change by owners and administrators, and one owner always remains', async () => {
    const owner = await registerUser(server);
    const member = await registerUser(server);
    const url = (id: string) => `/api/users/${id}`;
    expect(code(await member.browser.patch(url(member.user.id), { role: 'OWNER' }))[0]).toBeGreaterThanOrEqual(400);
    expect((await member.browser.patch(url(owner.user.id), { role: 'MEMBER' })).statusCode).toBe(403);
    expect(code(await owner.browser.patch(url(owner.user.id), { role: 'MEMBER' }))).toEqual([422, 'last_owner']);
    expect(code(await owner.browser.patch(url(owner.user.id), { disabledAt: new Date().toISOString() }))).toEqual([
      422,
      'last_owner',
    ]);
    expect((await owner.browser.patch(url(member.user.id), { role: 'ADMIN' })).json().data.role).toBe('ADMIN');
    expect((await member.browser.get('/api/settings')).statusCode).toBe(200);
    expect((await member.browser.patch(url(member.user.id), { role: 'OWNER' })).statusCode).toBeGreaterThanOrEqual(400);
    expect((await member.browser.patch(url(owner.user.id), { role: 'MEMBER' })).statusCode).toBe(403);
    await owner.browser.patch(url(member.user.id), { role: 'OWNER' });
    const both = await Promise.all([
      owner.browser.patch(url(owner.user.id), { role: 'MEMBER' }),
      member.browser.patch(url(member.user.id), { role: 'MEMBER' }),
    ]);
    expect(both.map((reply) => reply.statusCode).toSorted()).toEqual([200, 422]);
    const { rows } = await server.deps.pool.query(`select count(*)::int as n from piper.users where role = 'OWNER'`);
    expect(rows).toEqual([{ n: 1 }]);
    expect((await securityEvents(server, 'role.changed')).length).toBe(3);
  });

  test('a disabled account is out at once: sessions, keys, sign-in', async () => {
    const own = await openTestServer();
    try {
      const owner = await registerUser(own);
      const member = await registerUser(own);
      const { key } = (await member.browser.post('/api/keys', { name: 'x' })).json().data;
      const withKey = () => own.app.inject({ url: '/api/auth/profile', headers: { authorization: `Bearer ${key}` } });
      expect((await withKey()).statusCode).toBe(200);
      const url = `/api/users/${member.user.id}`;
      expect((await owner.browser.patch(url, { disabledAt: new Date().toISOString() })).statusCode).toBe(200);
      expect((await member.browser.get('/api/auth/profile')).statusCode).toBe(401);
      expect((await member.browser.refresh()).statusCode).toBe(401);
      expect((await withKey()).statusCode).toBe(401);
      const again = await new Browser(own).post('/api/auth/login', { email: member.email, password: 'correct horse' });
      expect(code(again)).toEqual([401, 'invalid_credentials']);
      expect((await owner.browser.patch(url, { disabledAt: null })).statusCode).toBe(200);
      expect(
        (await new Browser(own).post('/api/auth/login', { email: member.email, password: 'correct horse' })).statusCode,
      ).toBe(200);
      expect(await securityEvents(own, 'user.disabled')).toHaveLength(1);
    } finally {
      await own.close();
    }
  });
});
