import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { envVariables, parseDuration, parseTrustProxy } from './env-reader.ts';
import { EnvError, readEnv } from './env.ts';

const root = mkdtempSync(join(tmpdir(), 'piper-env-'));
afterAll(() => rmSync(root, { recursive: true }));

const problemsOf = (source: Record<string, string>): readonly string[] => {
  try {
    readEnv(source, root);
  } catch (error) {
    if (error instanceof EnvError) return error.problems;
    throw error;
  }
  return [];
};

test('an empty environment gives the documented defaults', () => {
  const env = readEnv({}, root);
  expect(env.http).toEqual({
    port: 3000,
    host: '127.0.0.1',
    publicUrl: 'http://localhost:3000',
    corsOrigins: [],
    trustProxy: false,
    rateLimitFactor: 1,
  });
  expect(env.dataDir).toBe(join(root, 'data'));
  expect(env.databaseUrl).toBeUndefined();
  expect([...env.services]).toEqual(['api', 'live', 'worker']);
  expect(env.auth).toEqual({ jwtTtl: 900, sessionTtl: 604_800, external: undefined });
  expect(env.s3).toBeUndefined();
  expect(env.logLevel).toBe('info');
});

test('missing secrets are made once, readable only by their owner', () => {
  const first = readEnv({ DATA_DIR: 'once' }, root).secrets;
  const second = readEnv({ DATA_DIR: 'once', JWT_SECRET: 'j'.repeat(32) }, root).secrets;
  expect(second.csrf).toBe(first.csrf);
  expect(second.encryption).toEqual(first.encryption);
  expect(second.jwt).toBe('j'.repeat(32));
  expect(first.encryption).toHaveLength(32);
  expect(statSync(join(root, 'once/secrets.json')).mode & 0o777).toBe(0o600);
});

test('a damaged secrets file is never replaced silently', () => {
  readEnv({ DATA_DIR: 'damaged' }, root);
  writeFileSync(join(root, 'damaged/secrets.json'), '{"csrf":"');
  expect(() => readEnv({ DATA_DIR: 'damaged' }, root)).toThrow('secrets.json is damaged');
});

test('every problem is listed at once, without the values of addresses', () => {
  const problems = problemsOf({
    PORT: '99999',
    DATA_DIR: '/',
    DATABASE_URL: 'mysql://root:hunter2@db/piper',
    PIPER_SERVICES: 'api,cron',
    CORS_ORIGINS: 'https://a.example, b.example/path',
    TRUST_PROXY: 'everyone',
    JWT_TTL: 'soon',
    JWT_SECRET: 'short',
    ENCRYPTION_KEY: 'abc',
    AUTH_ISSUER: 'https://issuer.example',
    S3_BUCKET: 'b',
    LOG_LEVEL: 'loud',
    AI_PROVIDER: 'oracle',
  });
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'DATA_DIR',
    'PORT',
    'CORS_ORIGINS',
    'TRUST_PROXY',
    'DATABASE_URL',
    'PIPER_SERVICES',
    'AUTH_ISSUER',
    'JWT_TTL',
    'S3_BUCKET',
    'LOG_LEVEL',
    'AI_PROVIDER',
    'ENCRYPTION_KEY',
    'JWT_SECRET',
  ]);
  expect(problems.join()).not.toContain('hunter2');
});

test('what is set is read', () => {
  const env = readEnv(
    {
      PORT: '8080',
      HOST: '0.0.0.0',
      PUBLIC_URL: 'https://piper.example/',
      CORS_ORIGINS: 'https://a.example, https://b.example',
      TRUST_PROXY: '10.0.0.0/8',
      JWT_TTL: '5m',
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      AUTH_ISSUER: 'https://issuer.example',
      AUTH_PEM: '-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----',
      OPENAI_API_KEY: 'key',
      OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1',
    },
    root,
  );
  expect(env.http).toMatchObject({
    port: 8080,
    publicUrl: 'https://piper.example',
    corsOrigins: ['https://a.example', 'https://b.example'],
  });
  expect(env.auth.jwtTtl).toBe(300);
  expect(env.auth.external?.pem).toContain('\nAAAA\n');
  expect(env.secrets.encryption).toEqual(Buffer.alloc(32, 7));
  expect(env.ai.providers.openai.apiKey).toBe('key');
  expect(env.ai.providers.ollama.baseUrl).toBe('http://127.0.0.1:11434/v1');
});

test('durations and trusted proxies', () => {
  expect(['900', '90s', '15m', '12h', '7d', '1w', '-5', ''].map(parseDuration)).toEqual([
    900,
    90,
    900,
    43_200,
    604_800,
    undefined,
    undefined,
    undefined,
  ]);
  expect([undefined, 'true', '2', 'loopback, 10.0.0.0/8', '10.0.0.0/99', 'a'].map(parseTrustProxy)).toEqual([
    false,
    true,
    2,
    'loopback,10.0.0.0/8',
    undefined,
    undefined,
  ]);
});

test('.env.example explains exactly the variables that are read', () => {
  const example = readFileSync(join(import.meta.dirname, '../../../.env.example'), 'utf8');
  const explained = [...example.matchAll(/^# ([A-Z0-9_]+)=/gm)].map((match) => match[1]);
  expect(explained.toSorted()).toEqual([...envVariables].toSorted());
  const read = new Set<string | symbol>();
  readEnv(new Proxy({}, { get: (_, name) => void read.add(name) }), root);
  expect([...read].toSorted()).toEqual([...envVariables].toSorted());
});
