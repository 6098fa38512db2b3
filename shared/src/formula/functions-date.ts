/** Functions over dates and moments; all count in UTC. */
import { acceptAs, fixed, nameOf, type FormulaFunction, type Parameter } from './function-signature.ts';
import { countsDays } from './time-units.ts';
import type { ValueType } from './value-types.ts';

const date = (usage: string, help: string, parameters: Parameter[], result: ValueType): FormulaFunction =>
  fixed({ name: nameOf(usage), category: 'date', usage, help }, parameters, result);
const part = (name: string, help: string): FormulaFunction => date(`${name}(date)`, help, ['date-time'], 'integer');

/** A date stays a date, unless hours are added to it. */
const add: FormulaFunction = {
  name: 'DATE_ADD',
  category: 'date',
  usage: "DATE_ADD(date, count, 'day')",
  help: 'The date so many seconds, minutes, hours, days, weeks, months or years later; earlier for a negative count.',
  least: 3,
  most: 3,
  accept(types, unit) {
    const type = types[0] === 'date' && unit !== undefined && countsDays(unit) ? 'date' : 'date-time';
    return acceptAs(types, [type, 'integer', 'unit'], type);
  },
};

const toDate: FormulaFunction = {
  name: 'TO_DATE',
  category: 'date',
  usage: 'TO_DATE(value)',
  help: 'The date of a moment in UTC, or the one a text such as 2026-01-31 says; missing when it says none.',
  least: 1,
  most: 1,
  accept: ([type = 'null']) => {
    const parameter = type === 'date' || type === 'date-time' ? 'date-time' : 'text';
    return acceptAs([type], [parameter], 'date');
  },
};

export const dateFunctions: FormulaFunction[] = [
  part('YEAR', 'The year.'),
  part('MONTH', 'The month, 1 to 12.'),
  part('DAY', 'The day of the month.'),
  part('WEEKDAY', 'The day of the week: 0 is Sunday, 6 is Saturday.'),
  part('HOUR', 'The hour, 0 to 23.'),
  part('MINUTE', 'The minute.'),
  part('SECOND', 'The second.'),
  add,
  date(
    "DATE_DIFF(from, to, 'day')",
    'How many whole units lie between; negative when the second is earlier.',
    ['date-time', 'date-time', 'unit'],
    'integer',
  ),
  date(
    'DATE(year, month, day)',
    'The date of these numbers; missing when there is none.',
    ['integer', 'integer', 'integer'],
    'date',
  ),
  toDate,
  date('TODAY()', 'The current date in UTC.', [], 'date'),
  date('NOW()', 'The current moment.', [], 'date-time'),
];
