import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, numberOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

function TextInput({ field, value, onChange, error }: InputProps) {
  return (
    <TextField
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      maxLength={numberOption(field, 'maxLength')}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function TextCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="truncate">{String(value)}</span>;
}

function TextView({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="break-words whitespace-pre-wrap">{String(value)}</span>;
}

export const text: FieldUi = { name: 'text', Input: TextInput, Cell: TextCell, View: TextView, parse: (typed) => typed };
