/** For tests: formulas on paper. What JavaScript can compute exactly, written without a look at the SQL. */
import type { Typed } from '@piper/shared/formula/typed';

/** An exact decimal: `n` × 10^-`s`. */
export interface Exact {
  n: bigint;
  s: number;
}
/** Texts, dates and moments (milliseconds), truth values, numbers. */
export type Value = Exact | string | number | boolean | null;

export const exact = (text: string): Exact => {
  const [whole = '', fraction = ''] = text.split('.');
  return { n: BigInt(whole + fraction), s: fraction.length };
};
const scaled = ({ n, s }: Exact, to: number): bigint => n * 10n ** BigInt(to - s);
const together = (a: Exact, b: Exact): [bigint, bigint, number] => {
  const s = Math.max(a.s, b.s);
  return [scaled(a, s), scaled(b, s), s];
};
const whole = (n: number | bigint): Exact => ({ n: BigInt(n), s: 0 });
const magnitude = (n: bigint): bigint => (n < 0n ? -n : n);

/** Without zeros at its end. */
export function printExact({ n, s }: Exact): string {
  const digits = magnitude(n)
    .toString()
    .padStart(s + 1, '0');
  const [before, after] = [digits.slice(0, digits.length - s), digits.slice(digits.length - s).replace(/0+$/, '')];
  return `${n < 0n ? '-' : ''}${before}${after === '' ? '' : `.${after}`}`;
}

const limit = 10n ** 100n;
export const isBounded = ({ n, s }: Exact): boolean => magnitude(n) < limit * 10n ** BigInt(s);

const day = 86_400_000;
const earliest = Date.parse('0001-01-01T00:00:00Z');
const end = Date.parse('+010000-01-01T00:00:00Z');
const inTime = (ms: number): number | null => (ms >= earliest && ms < end ? ms : null);
const utc = (year: number, month: number, date: number): number => {
  const made = new Date(Date.UTC(2000, 0, 1));
  made.setUTCFullYear(year, month, date);
  return made.getTime();
};
const lastDay = (year: number, month: number): number => new Date(utc(year, month + 1, 0)).getUTCDate();

function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function compare(a: Value, b: Value): number {
  if (typeof a === 'object' && typeof b === 'object') {
    const [left, right] = together(a!, b!);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (typeof a === 'string') return compareCodePoints(a, b as string);
  return Number(a) - Number(b);
}

function shown(type: string, value: Value): string {
  if (value === null) return '';
  if (typeof value === 'object') return printExact(value);
  if (type === 'date') return new Date(value as number).toISOString().slice(0, 10);
  return type === 'date-time' ? new Date(value as number).toISOString() : String(value);
}

type Operation = (...args: Value[]) => Value;
const strict =
  (work: (...args: never[]) => Value): Operation =>
  (...args) =>
    args.includes(null) ? null : work(...(args as never[]));
const comparison = (holds: (order: number) => boolean): Operation => strict((a: Value, b: Value) => holds(compare(a, b)));

const all: Operation = (...args) => (args.includes(false) ? false : args.includes(null) ? null : true);
const some: Operation = (...args) => (args.includes(true) ? true : args.includes(null) ? null : false);

/** Towards minus infinity. */
function floor({ n, s }: Exact): Exact {
  const unit = 10n ** BigInt(s);
  const cut = n / unit;
  return whole(n < 0n && cut * unit !== n ? cut - 1n : cut);
}
const negate = ({ n, s }: Exact): Exact => ({ n: -n, s });
function round({ n, s }: Exact, decimals: Exact = whole(0)): Exact {
  const kept = Math.min(Math.max(Number(decimals.n), -100), 100);
  if (kept >= s) return { n, s };
  const unit = 10n ** BigInt(s - kept);
  const half = (magnitude(n) * 2n + unit) / (unit * 2n);
  const rounded = n < 0n ? -half : half;
  return kept >= 0 ? { n: rounded, s: kept } : whole(rounded * 10n ** BigInt(-kept));
}
function remainder(a: Exact, b: Exact): Value {
  const [left, right, s] = together(a, b);
  return right === 0n ? null : { n: left % right, s };
}
function product(a: Exact, b: Exact): Value {
  const made = { n: a.n * b.n, s: a.s + b.s };
  return isBounded(made) ? made : null;
}
const best =
  (sign: number): Operation =>
  (...args) =>
    args.reduce((kept, value) => (value === null || (kept !== null && compare(value, kept) * sign <= 0) ? kept : value), null);

const points = (text: string): string[] => Array.from(text);
const count = ({ n }: Exact): number => Number(n < 0n ? 0n : n > 1_000_000n ? 1_000_000n : n);
const field =
  (read: (date: Date) => number): Operation =>
  (ms) =>
    ms === null ? null : whole(read(new Date(ms as number)));

function switchOn(value: Value, ...rest: Value[]): Value {
  for (let i = 0; i + 1 < rest.length; i += 2)
    if (value !== null && rest[i] !== null && compare(value, rest[i]!) === 0) return rest[i + 1]!;
  return rest.length % 2 === 1 ? rest.at(-1)! : null;
}

function addMonths(ms: number, months: bigint): number | null {
  const date = new Date(ms);
  const total = BigInt(date.getUTCFullYear() * 12 + date.getUTCMonth()) + months;
  if (total < 12n || total > 119_999n) return null;
  const [year, month] = [Number(total / 12n), Number(total % 12n)];
  const time = ((ms % day) + day) % day;
  return inTime(utc(year, month, Math.min(date.getUTCDate(), lastDay(year, month))) + time);
}

const spans: Record<string, number> = { second: 1_000, minute: 60_000, hour: 3_600_000, day, week: 7 * day };

function dateAdd(ms: number, { n }: Exact, unit: string): number | null {
  if (unit === 'month' || unit === 'year') return addMonths(ms, n * (unit === 'year' ? 12n : 1n));
  const moved = BigInt(ms) + n * BigInt(spans[unit]!);
  return moved >= BigInt(earliest) && moved < BigInt(end) ? Number(moved) : null;
}

/** How often the day of the month and the time come round again. */
function monthsBetween(from: number, to: number): number {
  if (to < from) return -monthsBetween(to, from);
  const [a, b] = [new Date(from), new Date(to)];
  const months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  const within = (date: Date): number => date.getUTCDate() * day + (((date.getTime() % day) + day) % day);
  return within(b) < within(a) ? months - 1 : months;
}

function dateDiff(from: number, to: number, unit: string): Exact {
  if (unit === 'month' || unit === 'year') return whole(Math.trunc(monthsBetween(from, to) / (unit === 'year' ? 12 : 1)) || 0);
  return whole(Math.trunc((to - from) / spans[unit]!) || 0);
}

function dateOf(y: Exact, m: Exact, d: Exact): number | null {
  const [year, month, date] = [y, m, d].map(({ n }) => Number(n)) as [number, number, number];
  const exists = year >= 1 && year <= 9999 && month >= 1 && month <= 12 && date >= 1 && date <= lastDay(year, month - 1);
  return exists ? utc(year, month - 1, date) : null;
}

/** A text that begins with a date and goes on with a time, if at all. */
function dateIn(text: string): number | null {
  const found = /^[ \t\r\n]*(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$/s.exec(text.replace(/[ \t\r\n]+$/, ''));
  return found ? dateOf(exact(found[1]!), exact(found[2]!), exact(found[3]!)) : null;
}

const blank = /^[ \t\n\r\f\v\u00a0]+|[ \t\n\r\f\v\u00a0]+$/g;

/** The operations JavaScript computes exactly as they are meant. */
export const operations: Record<string, Operation> = {
  '+': strict((a: Exact, b: Exact) => {
    const [left, right, s] = together(a, b);
    return { n: left + right, s };
  }),
  '-': strict((a: Exact, b: Exact) => {
    const [left, right, s] = together(a, b);
    return { n: left - right, s };
  }),
  '*': strict(product),
  '%': strict(remainder),
  MOD: strict(remainder),
  negate: strict(negate),
  '=': comparison((order) => order === 0),
  '!=': comparison((order) => order !== 0),
  '<': comparison((order) => order < 0),
  '<=': comparison((order) => order <= 0),
  '>': comparison((order) => order > 0),
  '>=': comparison((order) => order >= 0),
  and: all,
  or: some,
  AND: all,
  OR: some,
  not: strict((of: boolean) => !of),
  'is null': (of) => of === null,
  'is not null': (of) => of !== null,
  IF: (condition, value, otherwise = null) => (condition === true ? value! : otherwise),
  SWITCH: switchOn as Operation,
  COALESCE: (...args) => args.find((value) => value !== null) ?? null,
  IS_BLANK: (value) => value === null || value === '',
  ROUND: strict(round),
  FLOOR: strict(floor),
  CEIL: strict((of: Exact) => negate(floor(negate(of)))),
  ABS: strict(({ n, s }: Exact) => ({ n: magnitude(n), s })),
  MIN: best(-1),
  MAX: best(1),
  CONCAT: (...args) => args.map((value) => (typeof value === 'string' ? value : '')).join(''),
  TRIM: strict((text: string) => text.replaceAll(blank, '')),
  LEFT: strict((text: string, n: Exact) => points(text).slice(0, count(n)).join('')),
  RIGHT: strict((text: string, n: Exact) => (count(n) === 0 ? '' : points(text).slice(-count(n)).join(''))),
  MID: strict((text: string, from: Exact, n: Exact) => {
    const start = Math.max(count(from), 1) - 1;
    return points(text)
      .slice(start, start + count(n))
      .join('');
  }),
  LENGTH: strict((text: string) => whole(points(text).length)),
  REPLACE: strict((text: string, part: string, put: string) => (part === '' ? text : text.split(part).join(put))),
  CONTAINS: strict((text: string, part: string) => text.includes(part)),
  STARTS_WITH: strict((text: string, part: string) => text.startsWith(part)),
  ENDS_WITH: strict((text: string, part: string) => text.endsWith(part)),
  TO_TEXT: (value) => value!,
  YEAR: field((date) => date.getUTCFullYear()),
  MONTH: field((date) => date.getUTCMonth() + 1),
  DAY: field((date) => date.getUTCDate()),
  WEEKDAY: field((date) => date.getUTCDay()),
  HOUR: field((date) => date.getUTCHours()),
  MINUTE: field((date) => date.getUTCMinutes()),
  SECOND: field((date) => date.getUTCSeconds()),
  DATE_ADD: strict(dateAdd),
  DATE_DIFF: strict(dateDiff),
  DATE: strict(dateOf),
  TO_DATE: strict((from: number | string) => (typeof from === 'string' ? dateIn(from) : Math.floor(from / day) * day)),
};

/** The value of a formula over a row's values by key. */
export function evaluate(typed: Typed, row: Record<string, Value>): Value {
  switch (typed.kind) {
    case 'literal':
      if (typed.value === null || typeof typed.value === 'boolean' || typed.type === 'text') return typed.value;
      return exact(typed.value);
    case 'reference':
      return row[typed.steps[0]!.field.key] ?? null;
    case 'convert': {
      const value = evaluate(typed.of, row);
      return typed.type === 'text' && value !== null ? shown(typed.of.type, value) : value;
    }
    case 'call':
      return operations[typed.name]!(...typed.args.map((arg) => evaluate(arg, row)), ...(typed.unit ? [typed.unit] : []));
  }
}

/** The value in the form on the wire; decimals without zeros at their end. */
export function onWire(type: string, value: Value): unknown {
  if (value === null || typeof value !== 'object') {
    return value !== null && (type === 'date' || type === 'date-time') ? shown(type, value) : value;
  }
  if (type === 'integer') return magnitude(value.n) <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value.n) : null;
  return isBounded(value) ? printExact(value) : null;
}
