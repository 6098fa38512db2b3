/** The SQL of functions over dates and moments; all in UTC. */
import type { TimeUnit } from '@piper/shared/formula/time-units';
import { inUtc, numeric, plain, type Call, type Given, type Piece, type WriteCall } from './piece.ts';

const part =
  (name: string): WriteCall =>
  ({ args: [moment] }) =>
    numeric(`extract(${name} from ${inUtc(moment!.sql)})`, 0);

/** The moment of the request, to the millisecond. */
const now: WriteCall = ({ writing: { w } }) =>
  plain(w.bind('formula:now', 'timestamptz', (scope) => scope.variables.now.toISOString()));

const seconds: Partial<Record<TimeUnit, number>> = { second: 1, minute: 60, hour: 3_600, day: 86_400, week: 604_800 };
const days: Partial<Record<TimeUnit, number>> = { day: 1, week: 7 };
const months: Partial<Record<TimeUnit, number>> = { month: 1, year: 12 };

/** The checker saw to it that there is one. */
function unitOf({ unit }: Call): TimeUnit {
  if (unit === undefined) throw new Error('a unit of time is missing');
  return unit;
}

function add({ args: [from, count], call }: Given): Piece {
  const unit = unitOf(call);
  const times = (factor: number): string => (factor === 1 ? count!.sql : `(${count!.sql} * ${factor})`);
  const isDate = call.type === 'date';
  if (months[unit] !== undefined) {
    const moved = `piper.formula_add_months(${isDate ? `(${from!.sql})::timestamp` : inUtc(from!.sql)}, ${times(months[unit])})`;
    return plain(isDate ? `${moved}::date` : inUtc(moved));
  }
  if (isDate) return plain(`piper.formula_add_days(${from!.sql}, ${times(days[unit]!)})`);
  return plain(`piper.formula_add_seconds(${from!.sql}, ${times(seconds[unit]!)})`);
}

function difference({ args: [from, to], call }: Given): Piece {
  const unit = unitOf(call);
  if (months[unit] !== undefined) {
    const whole = `piper.formula_months(${inUtc(from!.sql)}, ${inUtc(to!.sql)})`;
    return numeric(months[unit] === 1 ? whole : `trunc(${whole} / ${months[unit]})`, 0);
  }
  return numeric(`trunc(extract(epoch from (${to!.sql} - ${from!.sql})) / ${seconds[unit]!})`, 0);
}

const toDate: WriteCall = ({ args: [value], call }) =>
  plain(call.args[0]!.type === 'text' ? `piper.try_date(${value!.sql})` : `${inUtc(value!.sql)}::date`);

export const dateSql: [string, WriteCall][] = [
  ['YEAR', part('year')],
  ['MONTH', part('month')],
  ['DAY', part('day')],
  ['WEEKDAY', part('dow')],
  ['HOUR', part('hour')],
  ['MINUTE', part('minute')],
  ['SECOND', ({ args: [moment] }) => numeric(`trunc(extract(second from ${inUtc(moment!.sql)}))`, 0)],
  ['DATE_ADD', add],
  ['DATE_DIFF', difference],
  ['DATE', ({ args }) => plain(`piper.formula_date_of(${args.map(({ sql }) => sql).join(', ')})`)],
  ['TO_DATE', toDate],
  ['TODAY', (given) => plain(`${inUtc(now(given).sql)}::date`)],
  ['NOW', now],
];
