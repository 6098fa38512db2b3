import { Blank } from '../blank.tsx';
import { isBlank, numberOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';
import { TypedInput } from '../typed-input.tsx';

function IntegerInput(props: InputProps) {
  const [min, max] = [numberOption(props.field, 'min'), numberOption(props.field, 'max')];
  return <TypedInput {...props} native={{ type: 'number', step: 1, min, max }} read={Number} />;
}

function IntegerShow({ field, value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="tabular-nums">{printValue(field, value)}</span>;
}

export const integer: FieldUi = { name: 'integer', Input: IntegerInput, Cell: IntegerShow, View: IntegerShow, parse: Number };
