import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

/** Decimals are exact and travel as text where a number could not hold them. */
function DecimalInput({ field, value, onChange, error }: InputProps) {
  return (
    <TextField
      inputMode="decimal"
      pattern="-?\d+(\.\d+)?"
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      value={isBlank(value) ? '' : String(value)}
      onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}
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
