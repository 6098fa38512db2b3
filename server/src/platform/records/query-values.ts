/** Reads the values of a query's parameters, which come as text from an address and as they are from a body. */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';

/** Refuses a query, naming the parameter. */
export function refuse(name: string, problem: string): never {
  const shown = name.slice(0, 80);
  fail('validation_failed', `Not valid: "${shown}" ${problem}.`, [{ path: shown, message: problem }]);
}

export function jsonOf(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value === '') return undefined;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return refuse(name, 'is not valid JSON');
  }
}

/** An object, also as JSON; undefined when it is missing. */
export function objectOf(name: string, value: unknown): Record<string, unknown> | undefined {
  const given = jsonOf(name, value);
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object' || Array.isArray(given)) refuse(name, 'must be an object');
  return given as Record<string, unknown>;
}

export function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined;
  return typeof value === 'string' ? value : refuse(name, 'must be a text');
}

/** A list of names, also as JSON or separated by commas. */
export function namesOf(name: string, value: unknown, max: number): string[] | undefined {
  if (value === undefined || value === '') return undefined;
  const listed = typeof value === 'string' && value.startsWith('[') ? jsonOf(name, value) : value;
  const parts = (Array.isArray(listed) ? listed : [listed]) as unknown[];
  if (!parts.every((part) => typeof part === 'string')) refuse(name, 'must be a list of names');
  const names = parts
    .flatMap((part) => part.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (names.length > max) refuse(name, `has more than ${max} names`);
  return names;
}

export function wholeOf(name: string, value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = typeof value === 'string' && /^-?\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : refuse(name, 'must be a whole number');
}

/** How many at once: `normal` when nothing is said, at most `max`, which -1 asks for. */
export function limitOf(name: string, value: unknown, { normal, max }: { normal: number; max: number }): number {
  const limit = wholeOf(name, value) ?? normal;
  if (limit < -1) refuse(name, 'must be -1 (as many as allowed) or more');
  return limit === -1 ? max : Math.min(limit, max);
}

/** How many to skip, said as such or by the number of a page. */
export function offsetOf(given: { page: [string, unknown]; offset: [string, unknown] }, limit: number): number {
  const skipped = wholeOf(...given.offset) ?? 0;
  const page = wholeOf(...given.page);
  if (skipped < 0) refuse(given.offset[0], 'must not be negative');
  if (page !== undefined && page < 1) refuse(given.page[0], 'counts from 1');
  return page === undefined ? skipped : (page - 1) * limit;
}

export function searchOf(name: string, value: unknown): string | undefined {
  const text = textOf(name, value)?.trim();
  if (text === undefined || text === '') return undefined;
  if (text.length > limits.searchText) refuse(name, `must have at most ${limits.searchText} characters`);
  if (text.includes('\0') || !text.isWellFormed()) refuse(name, 'holds characters that cannot be searched for');
  return text;
}
