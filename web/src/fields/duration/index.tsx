import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { useTypedText } from '../typed-text.ts';
import { printDuration, readDuration } from './duration-text.ts';

function DurationInput({ field, value, onChange, error }: InputProps) {
  const { text, isWrong, change } = useTypedText(value, onChange, { print: printDuration, read: readDuration });
  return (
    <TextField
      label={field.label}
      help={field.help ?? 'Such as 1:30, 2h 15m or 45s.'}
      error={error}
      problem={isWrong ? 'Write it as 1:30 or 2h 15m.' : undefined}
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
