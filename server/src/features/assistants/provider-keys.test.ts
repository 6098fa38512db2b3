import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import type { Reply } from '@piper/shared/contract';
import type { ErrorBody } from '@piper/shared/errors';
import type { AiModelReply, listAiModels, ProviderKeyReply, ProviderReply } from '@piper/shared/ai-providers';
import { actorsFeature, addUser, eventsOf, keyOf, type TestActor } from '../../../../test/actors.ts';
import { refuse, startFakeLlm, type FakeLlm } from '../../../../test/fake-llm/fake-llm.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { defineFeature } from '#platform/feature';
import { openLlm } from '#platform/llm/registry';
import { serveAiModels } from './ai-models.routes.ts';
import { serveProviderKeys } from './provider-keys.routes.ts';
import { findStoredAccess } from './provider-keys.service.ts';

const feature = defineFeature({
  name: 'test-provider-keys',
  routes: (app, deps) => {
    serveAiModels(app, deps);
    serveProviderKeys(app, deps);
  },
  providerAccess: findStoredAccess,
});

const server = useTestServer({ features: [actorsFeature, feature] });
const secret = 'sk-own-0123456789abcd';
let fake: FakeLlm;
let owner: TestActor;
let admin: TestActor;
let member: TestActor;
let other: TestActor;

beforeAll(async () => {
  fake = await startFakeLlm();
  const { deps } = server;
  deps.llm = openLlm({
    env: deps.env,
    clock: deps.clock,
    features: () => deps.features,
    timing: { listMs: 800, connectMs: 500, firstByteMs: 500 },
  });
  owner = await addUser(deps.db, 'OWNER');
  admin = await addUser(deps.db, 'ADMIN');
  member = await addUser(deps.db);
  other = await addUser(deps.db);
});
afterEach(async () => {
  fake.reset();
  await sql`delete from piper.provider_keys`.execute(server.deps.db);
  // What was deleted behind its back is forgotten by a change through the front door.
  await put(owner, 'openai', { apiKey: secret });
  await remove(owner, 'openai');
});
afterAll(() => fake.close());

type Change = Record<string, unknown>;
const send = async <T>(who: TestActor, method: 'GET' | 'PUT' | 'POST' | 'DELETE', url: string, payload?: Change) => {
  const reply = await server.app.inject({ method, url, headers: who.headers, ...(payload ? { payload } : {}) });
  return { status: reply.statusCode, text: reply.body, body: (reply.body ? reply.json() : {}) as T & ErrorBody };
};
const put = (who: TestActor, provider: string, change: Change) =>
  send<{ data: ProviderKeyReply }>(who, 'PUT', `/api/provider-keys/${provider}`, change);
const remove = (who: TestActor, provider: string, scope = 'own') =>
  send(who, 'DELETE', `/api/provider-keys/${provider}?scope=${scope}`);
const check = (who: TestActor, provider: string, given: Change = {}) =>
  send<{ data: AiModelReply[] }>(who, 'POST', `/api/provider-keys/${provider}/check`, given);
const list = (who: TestActor) =>
  send<{ data: ProviderKeyReply[]; meta: { providers: ProviderReply[] } }>(who, 'GET', '/api/provider-keys');
const models = (who: TestActor, query = '') => send<Reply<typeof listAiModels>>(who, 'GET', `/api/ai-models${query}`);
const sourceOf = async (who: TestActor, provider: string) =>
  (await list(who)).body.meta.providers.find((p) => p.name === provider)?.source;

describe('provider keys', () => {
  it('are stored encrypted, told by their end, and seen by nobody else', async () => {
    const made = await put(member, 'anthropic', { apiKey: secret, label: 'Mine' });
    expect(made).toMatchObject({
      status: 200,
      body: { data: { provider: 'anthropic', scope: 'own', last4: 'abcd', label: 'Mine', readable: true, baseUrl: null } },
    });
    expect(made.text).not.toContain(secret);
    const listed = await list(member);
    expect(listed.body.data).toEqual([made.body.data]);
    expect(listed.text).not.toContain('0123456789');
    expect((await list(other)).body.data).toEqual([]);
    expect((await list(owner)).body.data).toEqual([]);
    const { rows } = await sql<{ secret: Buffer }>`select secret from piper.provider_keys`.execute(server.deps.db);
    expect(rows).toHaveLength(1);
    expect(rows[0]!.secret.includes(secret)).toBe(false);
    const events = await eventsOf(server.deps.db, made.body.data.id);
    expect(events.map((e) => [e.topic, e.type])).toEqual([
      ['security', 'provider-key.changed'],
      [`user:${member.userId}`, 'provider-key.changed'],
    ]);
    expect(JSON.stringify(events)).not.toContain(secret.slice(0, 8));
  });

  it('tell four characters only of secrets long enough', async () => {
    expect((await put(member, 'openai', { apiKey: 'short-key' })).body.data.last4).toBe('••••');
  });

  it('are replaced, kept when only the label changes, and removed', async () => {
    const first = await put(member, 'openai', { apiKey: secret });
    const second = await put(member, 'openai', { label: 'Renamed' });
    expect(second.body.data).toMatchObject({ id: first.body.data.id, last4: 'abcd', label: 'Renamed' });
    expect((await put(member, 'openai', { apiKey: `${secret}-wxyz` })).body.data.last4).toBe('wxyz');
    expect(await sourceOf(member, 'openai')).toBe('own');
    expect((await remove(member, 'openai')).status).toBe(204);
    expect((await remove(member, 'openai')).status).toBe(404);
    expect(await sourceOf(member, 'openai')).toBeNull();
  });

  it('of the instance belong to its administrators', async () => {
    expect((await put(member, 'openai', { scope: 'instance', apiKey: secret })).body.error.code).toBe('forbidden');
    expect((await put(admin, 'openai', { scope: 'instance', apiKey: secret })).status).toBe(200);
    expect((await list(owner)).body.data).toMatchObject([{ scope: 'instance', last4: 'abcd' }]);
    expect((await list(member)).body.data).toEqual([]);
    expect(await sourceOf(member, 'openai')).toBe('instance');
    expect((await remove(member, 'openai', 'instance')).body.error.code).toBe('forbidden');
    expect((await remove(admin, 'openai', 'instance')).status).toBe(204);
  });

  it('are no business of API keys', async () => {
    const key = keyOf(member, {});
    for (const reply of [await list(key), await put(key, 'openai', { apiKey: secret }), await check(key, 'openai')]) {
      expect(reply).toMatchObject({ status: 403, body: { error: { code: 'scope_insufficient' } } });
    }
  });

  it('refuse what makes no sense', async () => {
    const refused = async (provider: string, change: Change) => (await put(owner, provider, change)).body.error?.code;
    expect(await refused('nobody', { apiKey: secret })).toBe('not_found');
    expect(await refused('local', { apiKey: secret })).toBe('not_found');
    expect(await refused('openai', {})).toBe('validation_failed');
    expect(await refused('openai', { apiKey: 'with space' })).toBe('validation_failed');
    expect(await refused('openai', { apiKey: secret, secret: true })).toBe('validation_failed');
    expect(await refused('compatible', { apiKey: secret })).toBe('validation_failed');
    expect(await refused('ollama', {})).toBe('validation_failed');
    expect(await refused('openai', { apiKey: secret, baseUrl: 'not an address' })).toBe('validation_failed');
    expect(await refused('openai', { apiKey: secret, baseUrl: 'https://me:pw@example.com' })).toBe('validation_failed');
    expect(await refused('openai', { apiKey: secret, baseUrl: 'file:///etc/passwd' })).toBe('outbound_refused');
    expect(await refused("x';drop table piper.users;--", { apiKey: secret })).toBe('validation_failed');
    const anonymous = await server.app.inject({ method: 'GET', url: '/api/provider-keys' });
    expect(anonymous.statusCode).toBe(401);
  });

  it('are never sent to a new address without being given again', async () => {
    await put(owner, 'openai', { scope: 'instance', apiKey: secret });
    const moved = await put(admin, 'openai', { scope: 'instance', baseUrl: 'https://elsewhere.example.com/v1' });
    expect(moved.body.error.code).toBe('validation_failed');
    expect((await list(owner)).body.data[0]!.baseUrl).toBeNull();
    const checked = await check(admin, 'openai', { baseUrl: fake.url });
    expect(checked.body.error.code).toBe('outbound_refused');
    expect(fake.requests).toEqual([]);
  });

  it('say so when they were encrypted with another key', async () => {
    const { body } = await put(member, 'openai', { apiKey: secret });
    await sql`update piper.provider_keys set secret = set_byte(secret, 1, (get_byte(secret, 1) + 1) % 256) where id = ${body.data.id}`.execute(
      server.deps.db,
    );
    expect((await list(member)).body.data[0]).toMatchObject({ last4: null, readable: false });
    expect(await sourceOf(member, 'openai')).toBeNull();
  });
});

describe('addresses', () => {
  it.each(['http://127.0.0.1:11434', 'http://[::1]/v1', 'http://169.254.169.254/latest/meta-data', 'http://10.0.0.7/v1'])(
    'of private networks are for owners only: %s',
    async (baseUrl) => {
      expect((await put(member, 'ollama', { baseUrl })).body.error.code).toBe('outbound_refused');
      expect((await put(admin, 'ollama', { scope: 'instance', baseUrl })).body.error.code).toBe('outbound_refused');
      expect((await check(member, 'compatible', { baseUrl })).body.error.code).toBe('outbound_refused');
      expect((await put(owner, 'ollama', { scope: 'instance', baseUrl })).status).toBe(200);
    },
  );

  it('are checked by what a name resolves to, whoever saved it', async () => {
    const baseUrl = fake.url.replace('127.0.0.1', 'localhost');
    expect((await put(member, 'compatible', { baseUrl })).status).toBe(200);
    expect((await check(member, 'compatible')).body.error.code).toBe('outbound_refused');
    expect((await models(member)).body.meta.problems).toMatchObject([{ provider: 'compatible', code: 'outbound_refused' }]);
    expect(fake.requests).toEqual([]);
    await put(owner, 'ollama', { scope: 'instance', baseUrl });
    expect((await check(member, 'ollama')).status).toBe(200);
  });
});

describe('checking a key', () => {
  it('proves it by listing models, before and after it is saved', async () => {
    fake.setModels(['gpt-x']);
    const given = await check(owner, 'openai', { apiKey: secret, baseUrl: `${fake.url}/v1` });
    expect(given.body.data.map((m) => m.id)).toEqual(['openai/gpt-x']);
    expect(fake.requests[0]!.headers['authorization']).toBe(`Bearer ${secret}`);
    expect((await check(owner, 'openai')).body.error.code).toBe('provider_not_configured');
    await put(owner, 'openai', { apiKey: `${secret}2`, baseUrl: `${fake.url}/v1` });
    expect((await check(owner, 'openai')).status).toBe(200);
    expect((await check(owner, 'openai', { baseUrl: `${fake.url}/v1` })).status).toBe(200);
    expect((await check(owner, 'openai', { baseUrl: `${fake.url}/other/v1` })).status).toBe(200);
    const sent = fake.requests.slice(1).map((r) => r.headers['authorization']);
    expect(sent).toEqual([`Bearer ${secret}2`, `Bearer ${secret}2`, undefined]);
  });

  it('tells what is wrong with it, without the key', async () => {
    fake.setModels(refuse('auth'));
    const reply = await check(owner, 'anthropic', { apiKey: secret, baseUrl: fake.url });
    expect(reply).toMatchObject({ status: 422, body: { error: { code: 'provider_auth' } } });
    expect(reply.text).not.toContain(secret);
  });
});

describe('AI models', () => {
  it('are those of the own key before those of the instance', async () => {
    await put(owner, 'openai', { scope: 'instance', apiKey: 'sk-instance-0123456789', baseUrl: fake.url });
    await put(owner, 'openai', { apiKey: secret, baseUrl: fake.url });
    fake.setModels(['gpt-a']);
    const mine = await models(owner);
    expect(mine.body.data.map((m) => m.id)).toEqual(['openai/gpt-a']);
    expect(mine.body.meta).toMatchObject({ default: 'openai/gpt-a', problems: [] });
    expect(mine.body.meta.providers).toContainEqual({ name: 'openai', label: 'OpenAI' });
    await models(member);
    expect(fake.requests.map((r) => r.headers['authorization'])).toEqual([`Bearer ${secret}`, 'Bearer sk-instance-0123456789']);
  });

  it('of one provider are not hidden by the failure of another', async () => {
    await put(owner, 'ollama', { scope: 'instance', baseUrl: fake.url });
    await put(owner, 'anthropic', { scope: 'instance', apiKey: secret, baseUrl: 'http://127.0.0.1:1' });
    fake.setModels(['llama-x']);
    const { body } = await models(member);
    expect(body.data.map((m) => m.id)).toEqual(['ollama/llama-x']);
    expect(body.meta.problems).toMatchObject([{ provider: 'anthropic', code: 'provider_unavailable' }]);
  });

  it('are asked for again only when told to', async () => {
    await put(owner, 'ollama', { scope: 'instance', baseUrl: fake.url });
    await models(member);
    await models(other);
    expect(fake.requests).toHaveLength(1);
    fake.setModels(['new-one']);
    expect((await models(member, '?refresh=true')).body.data.map((m) => m.id)).toEqual(['ollama/new-one']);
  });

  it('fall back to what is always there', async () => {
    expect((await models(member)).body).toMatchObject({ data: [], meta: { default: 'local/piper', problems: [] } });
  });
});
