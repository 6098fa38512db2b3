/** Secrets nobody set are made once and kept in DATA_DIR/secrets.json, so that a restart signs nobody out and can decrypt what it encrypted. */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

export interface KeptSecrets {
  csrf: string;
  jwt: string;
  /** 32 bytes, hexadecimal. */
  encryption: string;
}

/** Reads DATA_DIR/secrets.json, making it (mode 0600) when it is missing. Of two processes that make it at once, one wins for both. */
export function keepSecrets(dataDir: string): KeptSecrets {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'secrets.json');
  return readSecrets(path) ?? makeSecrets(path);
}

function makeSecrets(path: string): KeptSecrets {
  const secrets: KeptSecrets = { csrf: newSecret(), jwt: newSecret(), encryption: randomBytes(32).toString('hex') };
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(temporary, path);
    return secrets;
  } catch (error) {
    const others = (error as NodeJS.ErrnoException).code === 'EEXIST' ? readSecrets(path) : undefined;
    if (!others) throw error;
    return others;
  } finally {
    rmSync(temporary, { force: true });
  }
}

const newSecret = (): string => randomBytes(32).toString('base64url');

function readSecrets(path: string): KeptSecrets | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const secrets = parseJson(text) as Partial<KeptSecrets> | null;
  const whole = isSecret(secrets?.csrf) && isSecret(secrets.jwt) && /^[0-9a-f]{64}$/.test(secrets.encryption ?? '');
  if (!whole)
    throw new StartError(
      `${path} is damaged. Restore it from a backup: without its encryption key, stored provider keys can't be read. Deleting it makes new secrets.`,
    );
  return secrets as KeptSecrets;
}

const isSecret = (value: unknown): value is string => typeof value === 'string' && value.length >= 32;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
