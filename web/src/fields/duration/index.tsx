import { useState } from 'react';
import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printDuration, readDuration } from './duration-text.ts';

/** What is not yet a duration stays in the field and is not passed on. */
function DurationInput({ field, value, onChange, error }: InputProps) {
  const [text, setText] = useState(() => (isBlank(value) ? '' : printDuration(value)));
  const isWrong = text.trim() !== '' && readDuration(text) === undefined;
  const change = (typed: string): void => {
    setText(typed);
    const seconds = readDuration(typed);
    if (typed.trim() === '') onChange(null);
    else if (seconds !== undefined) onChange(seconds);
  };
  return (
    <TextField
      label={field.label}
      help={field.help ?? 'Such as 1:30, 2h 15m or 45s.'}
      error={isWrong ? 'Write it as 1:30 or 2h 15m.' : error}
      required={field.required}
      value={text}
      onChange={(event) => change(event.target.value)}
    />
  );
}

function DurationShow({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="tabular-nums">{printDuration(value)}</span>;
}

export const duration: FieldUi = {
  name: 'duration',
  Input: DurationInput,
  Cell: DurationShow,
  View: DurationShow,
  parse: (typed) => readDuration(typed) ?? typed,
};
