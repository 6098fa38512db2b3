import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { TypedInput } from '../typed-input.tsx';

/** Decimals are exact and travel as text where a number could not hold them. */
function DecimalInput(props: InputProps) {
  return (
    <TypedInput
      {...props}
      native={{ inputMode: 'decimal', pattern: String.raw`-?\d+(\.\d+)?`, title: 'A number such as 12.5' }}
    />
  );
}

function DecimalShow({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="tabular-nums">{String(value)}</span>;
}

export const decimal: FieldUi = {
  name: 'decimal',
  Input: DecimalInput,
  Cell: DecimalShow,
  View: DecimalShow,
  parse: (typed) => typed,
};
