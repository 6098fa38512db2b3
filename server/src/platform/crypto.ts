/**
 * Secrets at rest: AES-256-GCM. A sealed value is one version byte, four bytes that name the key, the nonce, the tag and the
 * ciphertext. The associated data ties it to its place (table, row, column): moved elsewhere, it no longer opens.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const version = 1;
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + keyIdBytes + nonceBytes + tagBytes;

/** Thrown when a sealed value can't be opened; `wrong-key` when another ENCRYPTION_KEY sealed it. */
export class SealError extends Error {
  readonly reason: 'wrong-key' | 'damaged';
  constructor(reason: 'wrong-key' | 'damaged') {
    super(
      reason === 'wrong-key' ? 'It was encrypted with another ENCRYPTION_KEY.' : 'The encrypted value is damaged or was moved.',
    );
    this.name = 'SealError';
    this.reason = reason;
  }
}

/** Encrypts `plain` under `key` (32 bytes). The same input never gives the same output. */
export function seal(key: Buffer, plain: string, associatedData: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(associatedData));
  const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(version), keyId(key), nonce, cipher.getAuthTag(), ciphertext]);
}

/** Decrypts what `seal` made with the same key and associated data; throws SealError for anything else. */
export function open(key: Buffer, sealed: Uint8Array, associatedData: string): string {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < headBytes || bytes[0] !== version) throw new SealError('damaged');
  if (!bytes.subarray(1, 1 + keyIdBytes).equals(keyId(key))) throw new SealError('wrong-key');
  const nonceEnd = 1 + keyIdBytes + nonceBytes;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1 + keyIdBytes, nonceEnd), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(associatedData));
  decipher.setAuthTag(bytes.subarray(nonceEnd, headBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]).toString('utf8');
  } catch {
    throw new SealError('damaged');
  }
}

/** Names a key without telling anything about it. */
const keyId = (key: Buffer): Buffer => createHash('sha256').update('piper key id').update(key).digest().subarray(0, keyIdBytes);
