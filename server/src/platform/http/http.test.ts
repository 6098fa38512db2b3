import { gunzipSync } from 'node:zlib';
import Type from 'typebox';
import { describe, expect, test } from 'vitest';
import { dataOf, route, strict } from '@piper/shared/contract';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { useTestServer } from '../../../../test/harness.ts';
import { defineFeature } from '../feature.ts';
import { serve } from './serve.ts';

const Thing = strict({ name: Type.String({ maxLength: 20 }), size: Type.Optional(Type.Integer()) });
const echo = route({
  method: 'POST',
  path: '/api/echo',
  summary: 'Echo',
  tag: 'test',
  access: 'public',
  query: strict({ times: Type.Optional(Type.Integer({ minimum: 1 })) }),
  body: Thing,
  reply: dataOf(Type.Object({ name: Type.String(), times: Type.Optional(Type.Integer()) })),
});
const secretive = route({
  method: 'GET',
  path: '/api/secretive',
  summary: 'Secretive',
  tag: 'test',
  access: 'public',
  reply: dataOf(Type.Object({ name: Type.String() })),
});
const guarded = route({ method: 'GET', path: '/api/guarded', summary: 'Guarded', tag: 'test', reply: dataOf(Type.Object({})) });
const broken = route({
  method: 'GET',
  path: '/api/broken',
  summary: 'Broken',
  tag: 'test',
  access: 'public',
  reply: dataOf(Type.Object({})),
});
const limited = route({
  method: 'GET',
  path: '/api/refused',
  summary: 'Refused',
  tag: 'test',
  access: 'public',
  reply: dataOf(Type.Object({})),
});
const written = route({
  method: 'GET',
  path: '/api/written',
  summary: 'Written',
  tag: 'test',
  access: 'public',
  reply: dataOf(Type.Object({})),
});
const writtenOut = JSON.stringify({ data: { name: 'x'.repeat(20_000) } });

const feature = defineFeature({
  name: 'http-test',
  routes: (app, deps) => {
    serve(app, deps, echo, async (_ctx, { body, query }) => ({
      data: { name: body.name, ...(query.times ? { times: query.times } : {}) },
    }));
    serve(app, deps, secretive, async () => ({ data: { name: 'x', secret: 'not for you' } as { name: string } }));
    serve(app, deps, guarded, async () => ({ data: {} }));
    serve(app, deps, broken, async () => {
      throw new Error('select * from piper.users where password_hash = 1');
    });
    serve(app, deps, written, async (_ctx, _input, { reply }) => {
      void reply.type('application/json; charset=utf-8').send(writtenOut);
      return undefined as never;
    });
    serve(app, deps, limited, async () => fail('conflict', 'Say why.', { field: 'name' }));
  },
});

const server = useTestServer({ features: [feature] });
const post = (payload: string | Buffer | object, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  server.app.inject({ method: 'POST', url: '/api/echo', payload, headers });

const code = (reply: { json(): unknown }) => (reply.json() as { error: { code: string } }).error.code;

describe('bodies', () => {
  test('that a handler wrote out itself arrive whole, compressed or not', async () => {
    const plain = await server.app.inject('/api/written');
    expect(plain.body).toBe(writtenOut);
    const packed = await server.app.inject({ url: '/api/written', headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.rawPayload).toString()).toBe(writtenOut);
  });

  test('are taken as they are and answered in the envelope', async () => {
    const reply = await post({ name: 'a' });
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toEqual({ data: { name: 'a' } });
  });

  test.each(['{"__proto__": {}}', '{"a": {"constructor": {"prototype": {}}}}'])(
    'say of %s what is wrong with it',
    async (body) => {
      expect((await post(body)).json().error.message).toMatch(/^The body has a key "__proto__"/);
      expect((await post(`${body},`)).json().error.message).toBe('The body is not valid JSON in UTF-8.');
    },
  );

  test.each([
    ['cut JSON', '{"name": "a"', 'malformed_json'],
    ['no JSON at all', 'name=a', 'malformed_json'],
    ['nothing', '', 'validation_failed'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 'malformed_json'],
    ['prototype poisoning', '{"__proto__": {"x": 1}, "name": "a"}', 'malformed_json'],
    ['an escaped NUL', '{"name": "a\\u0000b"}', 'validation_failed'],
    ['a wrong type', '{"name": 5}', 'validation_failed'],
    ['null for a text', '{"name": null}', 'validation_failed'],
    ['a text for a number', '{"name": "a", "size": "5"}', 'validation_failed'],
    ['an unknown field', '{"name": "a", "role": "OWNER"}', 'validation_failed'],
    ['a missing field', '{}', 'validation_failed'],
    ['an array', '[]', 'validation_failed'],
    ['a text that is too long', JSON.stringify({ name: 'x'.repeat(21) }), 'validation_failed'],
  ])('refuse %s', async (_what, payload, expected) => {
    const reply = await post(payload);
    expect(reply.statusCode).toBe(400);
    expect(code(reply)).toBe(expected);
  });

  test('name the field to correct', async () => {
    const reply = await post({ name: 'a', role: 'OWNER' });
    expect(reply.json()).toMatchObject({ error: { message: expect.stringContaining('"role"') as string } });
  });

  test('keep a backslash that only looks like an escaped NUL', async () => {
    expect((await post('{"name": "\\\\u0000"}')).json()).toEqual({ data: { name: '\\u0000' } });
  });

  test('over the limit answer 413', async () => {
    const reply = await post(JSON.stringify({ name: 'x'.repeat(limits.body) }));
    expect([reply.statusCode, code(reply)]).toEqual([413, 'payload_too_large']);
  });

  test('of another type answer 415', async () => {
    const reply = await post('<a/>', { 'content-type': 'text/xml' });
    expect([reply.statusCode, code(reply)]).toEqual([415, 'unsupported_media_type']);
  });
});

describe('addresses', () => {
  test('convert numbers and refuse what is none', async () => {
    const ask = (times: string) => server.app.inject({ method: 'POST', url: `/api/echo?times=${times}`, payload: { name: 'a' } });
    expect((await ask('3')).json()).toEqual({ data: { name: 'a', times: 3 } });
    for (const times of ['x', '0', '1.5', '']) expect((await ask(times)).statusCode, times).toBe(400);
  });

  test('refuse NUL and unknown parameters', async () => {
    expect((await server.app.inject('/api/secretive?x=%00')).statusCode).toBe(400);
    expect((await server.app.inject('/api/secretive?x=1')).statusCode).toBe(400);
  });

  test('that do not exist answer 404 in the error form', async () => {
    const reply = await server.app.inject('/api/nothing/here');
    expect([reply.statusCode, code(reply)]).toEqual([404, 'route_not_found']);
    expect((await server.app.inject('/api/%E0%A4%A')).statusCode).toBe(404);
  });
});

describe('replies', () => {
  test('hold only what their schema names', async () => {
    expect((await server.app.inject('/api/secretive')).body).toBe('{"data":{"name":"x"}}');
  });

  test('to nobody are 401 unless the route is public', async () => {
    const reply = await server.app.inject('/api/guarded');
    expect([reply.statusCode, code(reply)]).toEqual([401, 'unauthenticated']);
  });

  test('to a bug say nothing of its inside and carry the request id', async () => {
    const reply = await server.app.inject({ url: '/api/broken', headers: { 'x-request-id': 'trace-12345678' } });
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toContain('password_hash');
    expect(reply.json()).toMatchObject({ error: { code: 'internal', requestId: 'trace-12345678' } });
    expect(reply.headers['x-request-id']).toBe('trace-12345678');
  });

  test('to an expected refusal carry its message and details', async () => {
    expect((await server.app.inject('/api/refused')).json()).toMatchObject({
      error: { code: 'conflict', message: 'Say why.', details: { field: 'name' } },
    });
  });

  test('a forged request id is replaced', async () => {
    const reply = await server.app.inject({ url: '/api/nothing', headers: { 'x-request-id': 'a b"c\\' } });
    expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('carry the headers that keep a browser safe', async () => {
    const { headers } = await server.app.inject('/health');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('health, metrics and documentation', () => {
  test('say that all is well', async () => {
    expect((await server.app.inject('/health')).json()).toMatchObject({ status: 'ok', database: 'ok' });
    expect((await server.app.inject('/ready')).statusCode).toBe(200);
  });

  test('count requests by route', async () => {
    await server.app.inject('/api/secretive');
    const { body } = await server.app.inject('/metrics');
    expect(body).toMatch(/piper_http_request_seconds_count\{method="GET",route="\/api\/secretive",status="200"\} [1-9]/);
  });

  test('describe every contract in OpenAPI 3.1', async () => {
    const document = (await server.app.inject('/api/openapi.json')).json<{ openapi: string; paths: Record<string, object> }>();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/api/echo', '/api/guarded', '/health']));
    expect(JSON.stringify(document.paths['/api/echo'])).toContain('"operationId"');
  });

  test('show documentation that loads nothing from outside', async () => {
    const page = await server.app.inject('/api/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
  });
});
