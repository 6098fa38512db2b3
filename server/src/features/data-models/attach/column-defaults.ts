/** Defaults of columns, as far as they are constants. */
import type { Form } from './column-forms.ts';
import type { InspectedColumn } from './inspected.ts';

const number = /^\(?(-?\d{1,15}(?:\.\d{1,15})?)\)?(?:::[\w ]+(?:\(\d+(?:,\d+)?\))?)?$/;
const quoted = /^'((?:[^']|'')*)'::/;

type Reader = (text: string, options: Form['options']) => unknown;

const inQuotes = (text: string): string | undefined => quoted.exec(text)?.[1]?.replaceAll("''", "'");
const constant = (text: string): string => number.exec(text)?.[1] ?? inQuotes(text) ?? '';
const isChoice = (value: string | undefined, options: Form['options']): boolean =>
  ((options?.['choices'] ?? []) as { value: string }[]).some((choice) => choice.value === value);

const readers: Readonly<Record<string, Reader>> = {
  boolean: (text) => ({ true: true, false: false })[text],
  integer: (text) => (/^-?\d{1,15}$/.test(constant(text)) ? Number(constant(text)) : undefined),
  decimal: (text) => (/^-?\d+(\.\d+)?$/.test(constant(text)) ? constant(text) : undefined),
  select: (text, options) => (isChoice(inQuotes(text), options) ? inQuotes(text) : undefined),
  text: inQuotes,
  'long-text': inQuotes,
};

/** The default as the field type takes it; undefined when it is none, null or an expression. */
export function defaultOf({ default: text, isCounted, isGenerated }: InspectedColumn, { type, options }: Form): unknown {
  if (text === undefined || isCounted || isGenerated) return undefined;
  return readers[type]?.(text, options);
}
