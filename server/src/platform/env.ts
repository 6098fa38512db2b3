/** The configuration, read once from the environment and `.env`, validated and frozen. The only reader of process.env. */
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
    external: { issuer: string; jwksUrl: string | undefined; pem: string | undefined } | undefined;
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
    providers: Record<'openai' | 'openrouter' | 'anthropic' | 'google' | 'ollama', { apiKey: string | undefined; baseUrl: string | undefined }>;
  };
}

declare module './deps.ts' {
  interface Deps {
    env: Env;
  }
}
