import { Blank } from '../blank.tsx';
import { currencyOf, isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';
import { TypedInput } from '../typed-input.tsx';

function CurrencyInput(props: InputProps) {
  const native = { inputMode: 'decimal', pattern: String.raw`-?\d+(\.\d+)?`, title: 'A number such as 12.5' } as const;
  return <TypedInput {...props} native={native} help={`In ${currencyOf(props.field)}.`} />;
}

function CurrencyShow({ field, value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="tabular-nums">{printValue(field, value)}</span>;
}

export const currency: FieldUi = {
  name: 'currency',
  Input: CurrencyInput,
  Cell: CurrencyShow,
  View: CurrencyShow,
  parse: (typed) => typed.trim(),
};
