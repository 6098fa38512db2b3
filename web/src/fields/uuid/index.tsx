import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

function UuidInput({ field, value, onChange, error }: InputProps) {
  return (
    <TextField
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      pattern="[0-9a-fA-F-]{36}"
      spellCheck={false}
      className="font-mono"
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.target.value.trim() || null)}
    />
  );
}

function UuidShow({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <code className="truncate text-xs">{String(value)}</code>;
}

export const uuid: FieldUi = { name: 'uuid', Input: UuidInput, Cell: UuidShow, View: UuidShow, parse: (typed) => typed.trim() };
