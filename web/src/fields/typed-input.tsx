/** The native input of a type whose value is one line of text, or is written as one. */
import type { ComponentPropsWithRef } from 'react';
import { TextField } from '../ui/field.tsx';
import { isBlank, type InputProps } from './field-ui.ts';

interface TypedInputProps extends InputProps {
  native?: Omit<ComponentPropsWithRef<'input'>, 'value' | 'onChange'>;
  /** The value as it is typed. */
  print?: (value: unknown) => string;
  /** What was typed as a value; an empty field is none. */
  read?: (typed: string) => unknown;
  help?: string;
}

export function TypedInput({ field, value, onChange, error, native, print = String, read = asTyped, help }: TypedInputProps) {
  return (
    <TextField
      label={field.label}
      help={field.help ?? help}
      error={error}
      required={field.required}
      {...native}
      value={isBlank(value) ? '' : print(value)}
      onChange={(event) => onChange(event.target.value === '' ? null : read(event.target.value))}
    />
  );
}

const asTyped = (typed: string): unknown => typed;
