import { Blank } from '../blank.tsx';
import { isBlank, numberOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';
import { TypedInput } from '../typed-input.tsx';

function IntegerInput(props: InputProps) {
  const min = numberOption(props.field, 'min') ?? Number.MIN_SAFE_INTEGER;
  const max = numberOption(props.field, 'max') ?? Number.MAX_SAFE_INTEGER;
  return <TypedInput {...props} native={{ type: 'number', step: 1, min, max }} read={read} />;
}

/** What no number holds exactly stays as it is typed. */
const read = (typed: string): unknown => (Number.isSafeInteger(Number(typed)) ? Number(typed) : typed);

function IntegerShow({ field, value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="tabular-nums">{printValue(field, value)}</span>;
}

export const integer: FieldUi = { name: 'integer', Input: IntegerInput, Cell: IntegerShow, View: IntegerShow, parse: Number };
