import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';
import { TypedInput } from '../typed-input.tsx';

function PercentInput(props: InputProps) {
  return (
    <TypedInput
      {...props}
      native={{ inputMode: 'decimal', pattern: String.raw`-?\d+(\.\d+)?`, title: 'A number such as 12.5' }}
      help="In percent."
    />
  );
}

function PercentShow({ field, value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="tabular-nums">{printValue(field, value)}</span>;
}

export const percent: FieldUi = {
  name: 'percent',
  Input: PercentInput,
  Cell: PercentShow,
  View: PercentShow,
  parse: (typed) => typed.replace('%', '').trim(),
};
