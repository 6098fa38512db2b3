import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

function EmailInput({ field, value, onChange, error }: InputProps) {
  return (
    <TextField
      type="email"
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function EmailCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="truncate">{String(value)}</span>;
}

function EmailView({ value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <a href={`mailto:${String(value)}`} className="text-link">
      {String(value)}
    </a>
  );
}

export const email: FieldUi = {
  name: 'email',
  Input: EmailInput,
  Cell: EmailCell,
  View: EmailView,
  parse: (typed) => typed.trim(),
};
