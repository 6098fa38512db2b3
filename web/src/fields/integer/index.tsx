import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, numberOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

function IntegerInput({ field, value, onChange, error }: InputProps) {
  return (
    <TextField
      type="number"
      step={1}
      min={numberOption(field, 'min')}
      max={numberOption(field, 'max')}
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      value={typeof value === 'number' ? value : ''}
      onChange={(event) => onChange(event.target.value === '' ? null : Number(event.target.value))}
    />
  );
}

function IntegerShow({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="tabular-nums">{Number(value).toLocaleString('en')}</span>;
}

export const integer: FieldUi = { name: 'integer', Input: IntegerInput, Cell: IntegerShow, View: IntegerShow, parse: Number };
