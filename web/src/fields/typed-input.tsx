/** The native input of a type whose value is one line of text, or is written as one. */
import type { ComponentPropsWithoutRef } from 'react';
import { TextField } from '../ui/field.tsx';
import { emptyOf, isBlank, type InputProps } from './field-ui.ts';

interface TypedInputProps extends InputProps {
  native?: Omit<ComponentPropsWithoutRef<'input'>, 'value' | 'onChange'>;
  /** The value as it is typed. */
  print?: (value: unknown) => string;
  /** What was typed as a value; an empty field is none. */
  read?: (typed: string) => unknown;
  help?: string;
  hideLabel?: boolean;
}

export function TypedInput(props: TypedInputProps) {
  const { field, value, onChange, error, native, print = String, read = asTyped, help, hideLabel = false } = props;
  return (
    <TextField
      label={field.label}
      help={field.help ?? help}
      error={error}
      hideLabel={hideLabel}
      required={field.required}
      {...native}
      value={isBlank(value) ? '' : print(value)}
      onChange={(event) => onChange(event.target.value === '' ? emptyOf(field) : read(event.target.value))}
    />
  );
}

const asTyped = (typed: string): unknown => typed;
