/** What a field type is in the browser: how its value is typed in, shown in a table, and shown on a page. */
import type { ComponentType } from 'react';
import type { AnyRecord, VisibleField } from '../platform/records.ts';
import type { Option } from '../ui/field.tsx';

export interface InputProps {
  field: VisibleField;
  value: unknown;
  onChange: (value: unknown) => void;
  error?: string | undefined;
  /** The record as it was read, where there is one. */
  record?: AnyRecord | undefined;
}

export interface ShowProps {
  field: VisibleField;
  value: unknown;
  record: AnyRecord;
}

export interface FieldUi {
  name: string;
  Input: ComponentType<InputProps>;
  /** One line, in a table. */
  Cell: ComponentType<ShowProps>;
  /** All of it, on a record's page. */
  View: ComponentType<ShowProps>;
  /** The value of what was typed into a filter. */
  parse: (text: string) => unknown;
}

/** What an emptied field holds: nothing, so that "is empty" finds it; the empty text where the definition begins with it. */
export const emptyOf = ({ default: begins }: VisibleField): unknown => (begins === '' ? '' : null);

export const isBlank = (value: unknown): boolean => value === null || value === undefined || value === '';

/** Whether two values are one to a reader; what is not there is null. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export const numberOption = (field: VisibleField, name: string): number | undefined => {
  const value = field.options?.[name];
  return typeof value === 'number' ? value : undefined;
};

export const textOption = (field: VisibleField, name: string): string | undefined => {
  const value = field.options?.[name];
  return typeof value === 'string' ? value : undefined;
};

/** The choices of a select or multi-select; one without a label is called by its value. */
export const choicesOf = (field: VisibleField): Option[] =>
  Array.isArray(field.options?.['choices'])
    ? (field.options['choices'] as { value: string; label?: string }[]).map(({ value, label }) => ({
        value,
        label: label ?? value,
      }))
    : [];

export const currencyOf = (field: VisibleField): string => textOption(field, 'currency') ?? 'EUR';

/** An exact decimal for the eye: thousands in groups, at least so many decimals. */
export function groupDigits(value: string, decimals = 0): string {
  const [whole = '', fraction = ''] = value.split('.');
  const shown = fraction.padEnd(decimals, '0');
  return `${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}${shown === '' ? '' : `.${shown}`}`;
}

/** What a field is called for people: "Project" rather than "Project id". */
export function labelOf({ label, relation }: VisibleField): string {
  return relation?.kind === 'many-to-one' ? label.replace(/ id$/i, '') : label;
}

/** A value as one line of text, whatever it is. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
