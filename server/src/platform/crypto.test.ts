import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { open, seal, SealError } from './crypto.ts';

const key = randomBytes(32);

describe('sealed values', () => {
  it('open to what was sealed, and never look the same twice', () => {
    const first = seal(key, 'sk-geheim-ß', 'provider_keys:1');
    const second = seal(key, 'sk-geheim-ß', 'provider_keys:1');
    expect(open(key, first, 'provider_keys:1')).toBe('sk-geheim-ß');
    expect(first.equals(second)).toBe(false);
    expect(first.includes('sk-geheim')).toBe(false);
  });

  it('refuse another key, naming the reason', () => {
    const sealed = seal(key, 'x', 'a');
    expect(() => open(randomBytes(32), sealed, 'a')).toThrow(/another ENCRYPTION_KEY/);
  });

  it('refuse another place and any changed byte', () => {
    const sealed = seal(key, 'secret', 'row:1');
    expect(() => open(key, sealed, 'row:2')).toThrow(SealError);
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i]! ^= 1;
      expect(() => open(key, changed, 'row:1')).toThrow(SealError);
    }
    expect(() => open(key, sealed.subarray(0, 20), 'row:1')).toThrow(SealError);
  });
});
