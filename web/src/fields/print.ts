/** A value as one line of text: what a record is called by it, and what cells of such types show. */
import type { VisibleField } from '../platform/records.ts';
import { formatTime } from '../ui/time.tsx';
import { printDuration } from './duration/duration-text.ts';
import { asText, choicesOf, currencyOf, groupDigits, isBlank, numberOption, textOption } from './field-ui.ts';
import { printPlace } from './geo-point/place-text.ts';
import { plainText, type RichNode } from './rich-text/rich-node.ts';

type Print = (value: unknown, field: VisibleField) => string;

/** A day is the same wherever it is looked at. */
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });

function printDay(value: unknown): string {
  const at = new Date(`${String(value)}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? String(value) : day.format(at);
}

const labelOfChoice = (value: unknown, field: VisibleField): string =>
  choicesOf(field).find((choice) => choice.value === value)?.label ?? asText(value);

/** By type; the others are what they are. Digits are shown as they came where a number in JavaScript would round them. */
const prints: Record<string, Print> = {
  'auto-number': (value, field) =>
    `${textOption(field, 'prefix') ?? ''}${String(value).padStart(numberOption(field, 'digits') ?? 0, '0')}`,
  integer: (value) => Number(value).toLocaleString('en'),
  currency: (value, field) => `${groupDigits(String(value), 2)} ${currencyOf(field)}`,
  percent: (value) => `${groupDigits(String(value))} %`,
  rating: (value, field) => `${Number(value)} of ${numberOption(field, 'max') ?? 5}`,
  boolean: (value) => (value ? 'yes' : 'no'),
  select: labelOfChoice,
  'multi-select': (value, field) =>
    (Array.isArray(value) ? value : []).map((each: unknown) => labelOfChoice(each, field)).join(', '),
  date: printDay,
  'date-time': (value) => (Number.isNaN(Date.parse(String(value))) ? String(value) : formatTime(String(value))),
  time: (value) => String(value).replace(/:00$/, ''),
  duration: printDuration,
  'rich-text': (value) => plainText(value as RichNode),
  'geo-point': printPlace,
};

/** The value for people, on one line; nothing for none. */
export function printValue(field: VisibleField, value: unknown): string {
  if (isBlank(value)) return '';
  return (prints[field.result ?? field.type] ?? asText)(value, field);
}
