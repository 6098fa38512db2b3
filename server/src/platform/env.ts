/** The configuration, read once from the environment and `.env`, validated and frozen. The only reader of process.env. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import {
  isDataDir,
  isOrigin,
  parseTrustProxy,
  readerOf,
  type EnvReader,
  type EnvSource,
  type EnvVariable,
} from './env-reader.ts';
import { keepSecrets, type KeptSecrets } from './env-secrets.ts';
import { StartError } from './start-error.ts';

export type Service = 'api' | 'live' | 'worker';

export interface Env {
  http: {
    port: number;
    host: string;
    /** Where people reach Piper: for links in mails, cookies' Secure flag and OAuth redirects. */
    publicUrl: string;
    corsOrigins: string[];
    /** What Fastify's trustProxy takes. */
    trustProxy: boolean | number | string;
    /** Multiplies every rate limit of limits.ts. */
    rateLimitFactor: number;
  };
  dataDir: string;
  /** Undefined: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  services: ReadonlySet<Service>;
  auth: {
    /** Seconds. */
    jwtTtl: number;
    sessionTtl: number;
    /** The external issuer whose tokens sign in, when configured. */
    external: ExternalIssuer | undefined;
  };
  secrets: { csrf: string; jwt: string; encryption: Buffer };
  s3: { bucket: string; region: string; endpoint: string | undefined; accessKeyId: string; secretAccessKey: string } | undefined;
  smtpUrl: string | undefined;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  ai: {
    /** Defaults of the instance; undefined: chosen from what is configured, `local` at last. */
    provider: string | undefined;
    model: string | undefined;
    /** From `<NAME>_API_KEY` and `<NAME>_BASE_URL`. */
    providers: Record<
      'openai' | 'openrouter' | 'anthropic' | 'google' | 'ollama',
      { apiKey: string | undefined; baseUrl: string | undefined }
    >;
  };
}

export interface ExternalIssuer {
  issuer: string;
  jwksUrl: string | undefined;
  pem: string | undefined;
  /** AUTH_CLIENT_ID and AUTH_CLIENT_SECRET: with an id, people can sign in through the issuer's own page. */
  clientId?: string | undefined;
  clientSecret?: string | undefined;
}

declare module './deps.ts' {
  interface Deps {
    env: Env;
  }
}

/** What is wrong with the configuration, all of it. */
export class EnvError extends StartError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

const repository = join(import.meta.dirname, '../../..');

/** Reads the environment over `.env` of the repository's folder. Throws an EnvError that lists every problem. */
export function loadEnv(): Env {
  const file = join(repository, '.env');
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const set = Object.entries(process.env).filter(([, value]) => value !== undefined && value !== '');
  return readEnv({ ...fromFile, ...Object.fromEntries(set) }, repository);
}

/** Reads `source`; a relative DATA_DIR begins in `root`. Secrets that are not set are kept in DATA_DIR. */
export function readEnv(source: EnvSource, root: string): Env {
  const reader = readerOf(source);
  const dataDir = readDataDir(reader, root);
  const env = {
    http: readHttp(reader),
    dataDir,
    databaseUrl: reader.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: reader.url('REDIS_URL', ['redis:', 'rediss:']),
    services: readServices(reader),
    auth: readAuth(reader),
    s3: readS3(reader),
    smtpUrl: reader.url('SMTP_URL', ['smtp:', 'smtps:']),
    logLevel: reader.oneOf('LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']) ?? 'info',
    ai: readAi(reader),
  };
  const given = readGivenSecrets(reader);
  if (reader.problems.length > 0) throw new EnvError(reader.problems);
  return freeze({ ...env, secrets: completeSecrets(given, dataDir) });
}

function readDataDir(reader: EnvReader, root: string): string {
  const path = resolve(root, reader.text('DATA_DIR') ?? 'data');
  if (!isDataDir(path)) reader.problems.push('DATA_DIR must be a folder of its own, not the root of the file system');
  else if (existsSync(path) && !statSync(path).isDirectory()) reader.problems.push(`DATA_DIR must be a folder; ${path} is none`);
  return path;
}

function readHttp(reader: EnvReader): Env['http'] {
  const port = reader.integer('PORT', 3000, { min: 0, max: 65_535 });
  const host = reader.text('HOST') ?? '127.0.0.1';
  const publicUrl = reader.url('PUBLIC_URL', ['http:', 'https:']) ?? `http://${publicHost(host)}:${port}`;
  const corsOrigins = reader.list('CORS_ORIGINS');
  for (const origin of corsOrigins)
    if (!isOrigin(origin))
      reader.problems.push(`CORS_ORIGINS holds ${JSON.stringify(origin)}, which is no origin like https://app.example.com`);
  const trustProxy = parseTrustProxy(reader.text('TRUST_PROXY'));
  if (trustProxy === undefined)
    reader.problems.push('TRUST_PROXY must be true, false, a number of hops, or a list of addresses and networks');
  const rateLimitFactor = reader.integer('RATE_LIMIT_FACTOR', 1, { min: 1, max: 1_000_000 });
  return { port, host, publicUrl: publicUrl.replace(/\/+$/, ''), corsOrigins, trustProxy: trustProxy ?? false, rateLimitFactor };
}

/** An address to open, for the address to listen on. */
function publicHost(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

const allServices: readonly Service[] = ['api', 'live', 'worker'];

function readServices(reader: EnvReader): ReadonlySet<Service> {
  const names = reader.list('PIPER_SERVICES');
  const unknown = names.filter((name) => !allServices.includes(name as Service));
  if (unknown.length > 0) reader.problems.push(`PIPER_SERVICES may name ${allServices.join(', ')}, not ${unknown.join(', ')}`);
  return new Set(names.length > 0 ? (names as Service[]) : allServices);
}

function readAuth(reader: EnvReader): Env['auth'] {
  const external = readIssuer(reader);
  return {
    external,
    jwtTtl: reader.seconds('JWT_TTL', 15 * 60),
    sessionTtl: reader.seconds('SESSION_TTL', 7 * 24 * 3_600),
  };
}

function readIssuer(reader: EnvReader): Env['auth']['external'] {
  const issuer = reader.text('AUTH_ISSUER');
  const jwksUrl = reader.url('AUTH_JWKS_URL', ['https:', 'http:']);
  // In a .env file a key is often one line with \n written out.
  const pem = reader.text('AUTH_PEM')?.replaceAll('\\n', '\n');
  const clientId = reader.text('AUTH_CLIENT_ID');
  const clientSecret = reader.text('AUTH_CLIENT_SECRET');
  const isPem = !pem || /^-----BEGIN [A-Z ]+-----\n[\s\S]+\n-----END [A-Z ]+-----$/.test(pem);
  const rules: [boolean, string][] = [
    [isPem, 'AUTH_PEM must be a public key in PEM form'],
    [!issuer || Boolean(jwksUrl || pem), 'AUTH_ISSUER needs AUTH_JWKS_URL or AUTH_PEM as well, to check its tokens'],
    [!issuer || URL.canParse(issuer), 'AUTH_ISSUER must be an address, like https://issuer.example.com'],
    [!clientId || Boolean(issuer), 'AUTH_CLIENT_ID needs AUTH_ISSUER as well'],
    [!clientSecret || Boolean(clientId), 'AUTH_CLIENT_SECRET needs AUTH_CLIENT_ID as well'],
    [Boolean(issuer) || !(jwksUrl || pem), 'AUTH_JWKS_URL and AUTH_PEM need AUTH_ISSUER as well'],
  ];
  reader.problems.push(...rules.flatMap(([holds, problem]) => (holds ? [] : [problem])));
  return issuer ? { issuer, jwksUrl, pem, clientId, clientSecret } : undefined;
}

function readS3(reader: EnvReader): Env['s3'] {
  const bucket = reader.text('S3_BUCKET');
  const region = reader.text('S3_REGION') ?? 'us-east-1';
  const endpoint = reader.url('S3_ENDPOINT', ['https:', 'http:']);
  const accessKeyId = reader.text('S3_ACCESS_KEY_ID');
  const secretAccessKey = reader.text('S3_SECRET_ACCESS_KEY');
  if (!bucket) {
    if (endpoint || accessKeyId || secretAccessKey)
      reader.problems.push('S3_BUCKET is missing, although other S3_ variables are set');
    return undefined;
  }
  if (!accessKeyId || !secretAccessKey) {
    reader.problems.push('S3_BUCKET needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY as well');
    return undefined;
  }
  return { bucket, region, endpoint, accessKeyId, secretAccessKey };
}

function readAi(reader: EnvReader): Env['ai'] {
  const access = (name: 'OPENAI' | 'OPENROUTER' | 'ANTHROPIC' | 'GOOGLE' | 'OLLAMA'): Env['ai']['providers']['openai'] => ({
    apiKey: reader.text(`${name}_API_KEY`),
    baseUrl: reader.url(`${name}_BASE_URL`, ['https:', 'http:']),
  });
  return {
    provider: reader.oneOf('AI_PROVIDER', ['openai', 'openrouter', 'anthropic', 'google', 'ollama', 'local']),
    model: reader.text('AI_MODEL'),
    providers: {
      openai: access('OPENAI'),
      openrouter: access('OPENROUTER'),
      anthropic: access('ANTHROPIC'),
      google: access('GOOGLE'),
      ollama: access('OLLAMA'),
    },
  };
}

function readGivenSecrets(reader: EnvReader): Partial<KeptSecrets> {
  const long = (name: EnvVariable): string | undefined => {
    const value = reader.text(name);
    if (value !== undefined && value.length < 32) reader.problems.push(`${name} must have at least 32 characters`);
    return value;
  };
  const key = reader.text('ENCRYPTION_KEY');
  const encryption = key === undefined ? undefined : hexKey(key);
  if (key !== undefined && encryption === undefined)
    reader.problems.push('ENCRYPTION_KEY must be 32 bytes, as 64 hexadecimal digits or in base64');
  const [csrf, jwt] = [long('CSRF_SECRET'), long('JWT_SECRET')];
  return { ...(csrf && { csrf }), ...(jwt && { jwt }), ...(encryption && { encryption }) };
}

function hexKey(given: string): string | undefined {
  if (/^[0-9a-f]{64}$/i.test(given)) return given.toLowerCase();
  const bytes = Buffer.from(given, 'base64');
  return /^[\w+/=-]{43,44}$/.test(given) && bytes.length === 32 ? bytes.toString('hex') : undefined;
}

function completeSecrets(given: Partial<KeptSecrets>, dataDir: string): Env['secrets'] {
  const { csrf, jwt, encryption } = given;
  const all = csrf && jwt && encryption ? { csrf, jwt, encryption } : { ...keepSecrets(dataDir), ...given };
  return { csrf: all.csrf, jwt: all.jwt, encryption: Buffer.from(all.encryption, 'hex') };
}

function freeze(env: Env): Env {
  for (const part of Object.values(env)) if (part && typeof part === 'object' && !Buffer.isBuffer(part)) Object.freeze(part);
  return Object.freeze(env);
}
