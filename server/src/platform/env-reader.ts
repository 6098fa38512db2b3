/** Reads single values of the environment. Each problem is noted in words for the operator, and reading goes on, so that all are listed at once. */
import { isIP } from 'node:net';
import { parse as parsePath } from 'node:path';

/** Every variable Piper reads; `.env.example` explains them, and a test compares the two. */
export const envVariables = [
  'PORT',
  'HOST',
  'PUBLIC_URL',
  'CORS_ORIGINS',
  'TRUST_PROXY',
  'RATE_LIMIT_FACTOR',
  'DATA_DIR',
  'DATABASE_URL',
  'REDIS_URL',
  'PIPER_SERVICES',
  'JWT_TTL',
  'SESSION_TTL',
  'JWT_SECRET',
  'CSRF_SECRET',
  'ENCRYPTION_KEY',
  'AUTH_ISSUER',
  'AUTH_JWKS_URL',
  'AUTH_PEM',
  'AUTH_CLIENT_ID',
  'AUTH_CLIENT_SECRET',
  'S3_BUCKET',
  'S3_REGION',
  'S3_ENDPOINT',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'SMTP_URL',
  'LOG_LEVEL',
  'AI_PROVIDER',
  'AI_MODEL',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENROUTER_API_KEY',
  'OPENROUTER_BASE_URL',
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_BASE_URL',
  'GOOGLE_API_KEY',
  'GOOGLE_BASE_URL',
  'OLLAMA_API_KEY',
  'OLLAMA_BASE_URL',
] as const;

export type EnvVariable = (typeof envVariables)[number];
export type EnvSource = Readonly<Record<string, string | undefined>>;

export interface EnvReader {
  problems: string[];
  /** Undefined when unset, empty or blank. */
  text(name: EnvVariable): string | undefined;
  integer(name: EnvVariable, fallback: number, range: { min: number; max: number }): number;
  /** Seconds, from `900`, `90s`, `15m`, `12h` or `7d`. */
  seconds(name: EnvVariable, fallback: number): number;
  url(name: EnvVariable, protocols: readonly string[]): string | undefined;
  list(name: EnvVariable): string[];
  oneOf<T extends string>(name: EnvVariable, values: readonly T[]): T | undefined;
}

export function readerOf(source: EnvSource): EnvReader {
  const problems: string[] = [];
  const text = (name: EnvVariable): string | undefined => source[name]?.trim() || undefined;
  const note = (name: EnvVariable, problem: string): undefined => void problems.push(`${name} ${problem}`);
  return {
    problems,
    text,
    list: (name) => (text(name) ?? '').split(',').flatMap((item) => item.trim() || []),
    integer: (name, fallback, { min, max }) => {
      const given = text(name);
      if (given === undefined) return fallback;
      const value = Number(given);
      if (/^\d+$/.test(given) && value >= min && value <= max) return value;
      return note(name, `must be a whole number from ${min} to ${max}, not ${quote(given)}`) ?? fallback;
    },
    seconds: (name, fallback) => {
      const given = text(name);
      if (given === undefined) return fallback;
      const value = parseDuration(given);
      if (value !== undefined && value > 0) return value;
      return note(name, `must be a duration like 900, 15m, 12h or 7d, not ${quote(given)}`) ?? fallback;
    },
    url: (name, protocols) => {
      const given = text(name);
      if (given === undefined) return undefined;
      const protocol = URL.canParse(given) ? new URL(given).protocol : '';
      if (protocols.includes(protocol)) return given;
      // Not quoted: an address may hold a password.
      return note(name, `must be an address that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    },
    oneOf: (name, values) => {
      const given = text(name);
      const found = values.find((value) => value === given);
      if (given !== undefined && found === undefined) note(name, `must be one of ${values.join(', ')}, not ${quote(given)}`);
      return found;
    },
  };
}

const quote = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);

const unitSeconds = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `15m` → 900; undefined when it is no duration. */
export function parseDuration(given: string): number | undefined {
  const [, amount, unit] = /^(\d{1,9})\s*([smhd]?)$/.exec(given) ?? [];
  return amount === undefined ? undefined : Number(amount) * unitSeconds[unit as keyof typeof unitSeconds];
}

/** What TRUST_PROXY may be: true, false, a number of hops, or a list of addresses, networks and Fastify's names for them. */
export function parseTrustProxy(given: string | undefined): boolean | number | string | undefined {
  if (given === undefined || given === 'false') return false;
  if (given === 'true') return true;
  if (/^\d{1,2}$/.test(given)) return Number(given);
  const parts = given.split(',').map((part) => part.trim());
  return parts.every(isNetwork) ? parts.join(',') : undefined;
}

function isNetwork(part: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(part)) return true;
  const [address = '', prefix, ...rest] = part.split('/');
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
  if (bits < 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= bits);
}

/** `https://a.example` and nothing behind it. */
export function isOrigin(given: string): boolean {
  return URL.canParse(given) && /^https?:\/\//.test(given) && new URL(given).origin === given;
}

/** Whether a folder may become DATA_DIR: the file system's root and an empty name may not. */
export const isDataDir = (path: string): boolean => path !== parsePath(path).root;
