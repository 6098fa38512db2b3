import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';
import { TypedInput } from '../typed-input.tsx';

function TimeInput(props: InputProps) {
  return <TypedInput {...props} native={{ type: 'time', step: 1 }} />;
}

/** Seconds are shown where there are some. */
function TimeShow({ field, value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return <time className="tabular-nums">{printValue(field, value)}</time>;
}

export const timeOfDay: FieldUi = {
  name: 'time',
  Input: TimeInput,
  Cell: TimeShow,
  View: TimeShow,
  parse: (typed) => typed.trim(),
};
