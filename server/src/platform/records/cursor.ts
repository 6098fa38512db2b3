/** Cursors: a place in an order, opaque to clients. They only carry values the reader saw sorted, and are checked like any input. */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';

export interface Cursor {
  signature: string;
  values: (string | null)[];
}

/** Of values too long to be sent to and fro: the record that has them. */
export interface CursorOfRecord {
  signature: string;
  id: string;
}

/** `id` is that of the record whose place it is. */
export function encodeCursor({ signature, values }: Cursor, id: unknown): string {
  const whole = encode([signature, ...values]);
  return whole.length <= limits.cursor ? whole : encode([signature, { id }]);
}

const encode = (parts: unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

/** Throws `bad_cursor` for what no server of ours made. */
export function decodeCursor(text: string): Cursor | CursorOfRecord {
  const parts = text.length <= limits.cursor ? parse(text) : undefined;
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') fail('bad_cursor');
  const [signature, ...values] = parts as [string, ...unknown[]];
  const id = (values[0] as { id?: unknown } | null | undefined)?.id;
  if (isStorable(id)) return { signature, id };
  if (!values.every((value) => value === null || isStorable(value))) fail('bad_cursor');
  return { signature, values: values as (string | null)[] };
}

const isStorable = (value: unknown): value is string =>
  typeof value === 'string' && !value.includes('\0') && value.isWellFormed();

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
