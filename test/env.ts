/** The environment of a server under test: no provider, no mail, no Redis; whatever a test needs, it overrides. */
import { createHash } from 'node:crypto';
import type { Env } from '../server/src/platform/env.ts';

type PartOf<T> = T extends object ? { [K in keyof T]?: T[K] } : T;
/** Overrides one level deep: `{ http: { trustProxy: true } }` keeps the rest of `http`. */
export type EnvOverrides = { [K in keyof Env]?: K extends 'services' ? Env[K] : PartOf<Env[K]> };

const none = { apiKey: undefined, baseUrl: undefined };

export function testEnv(dataDir: string, overrides: EnvOverrides = {}): Env {
  const base: Env = {
    http: {
      port: 0,
      host: '127.0.0.1',
      publicUrl: 'http://piper.test',
      corsOrigins: [],
      trustProxy: false,
      rateLimitFactor: 1_000,
    },
    dataDir,
    databaseUrl: undefined,
    redisUrl: undefined,
    services: new Set(['api', 'live', 'worker']),
    auth: { jwtTtl: 900, sessionTtl: 604_800, external: undefined },
    secrets: { csrf: secret('csrf'), jwt: secret('jwt'), encryption: createHash('sha256').update('encryption').digest() },
    s3: undefined,
    smtpUrl: undefined,
    logLevel: 'silent',
    ai: {
      provider: undefined,
      model: undefined,
      providers: { openai: none, openrouter: none, anthropic: none, google: none, ollama: none },
    },
  };
  const merged = Object.entries(base).map(([key, value]) => {
    const override = overrides[key as keyof Env];
    if (override === undefined) return [key, value];
    const isPlain = typeof value === 'object' && !(value instanceof Set);
    return [key, isPlain ? { ...value, ...(override as object) } : override];
  });
  return Object.fromEntries(merged) as Env;
}

const secret = (name: string): string => createHash('sha256').update(name).digest('base64url');
