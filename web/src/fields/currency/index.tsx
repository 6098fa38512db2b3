import { Blank } from '../blank.tsx';
import { groupDigits, isBlank, textOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { TypedInput } from '../typed-input.tsx';

const codeOf = ({ field }: Pick<InputProps, 'field'>): string => textOption(field, 'currency') ?? 'EUR';

function CurrencyInput(props: InputProps) {
  return (
    <TypedInput {...props} native={{ inputMode: 'decimal', pattern: String.raw`-?\d+(\.\d+)?` }} help={`In ${codeOf(props)}.`} />
  );
}

/** The digits are shown as they are: a number in JavaScript would round them. */
function CurrencyShow({ field, value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <span className="tabular-nums">
      {groupDigits(String(value), 2)} {codeOf({ field })}
    </span>
  );
}

export const currency: FieldUi = {
  name: 'currency',
  Input: CurrencyInput,
  Cell: CurrencyShow,
  View: CurrencyShow,
  parse: (typed) => typed.trim(),
};
