/** Cursors: a place in an order, opaque to clients. They only carry values the reader saw sorted, and are checked like any input. */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';

export interface Cursor {
  signature: string;
  values: (string | null)[];
}

export const encodeCursor = ({ signature, values }: Cursor): string =>
  Buffer.from(JSON.stringify([signature, ...values])).toString('base64url');

/** Throws `bad_cursor` for what no server of ours made. */
export function decodeCursor(text: string): Cursor {
  const parts = text.length <= limits.cursor ? parse(text) : undefined;
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') fail('bad_cursor');
  const [signature, ...values] = parts as [string, ...unknown[]];
  if (!values.every((value) => value === null || (typeof value === 'string' && !value.includes('\0') && value.isWellFormed())))
    fail('bad_cursor');
  return { signature, values: values as (string | null)[] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
