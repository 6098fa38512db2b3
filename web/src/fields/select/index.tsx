import { Badge } from '../../ui/badge.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { choicesOf, isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';

function SelectInput({ field, value, onChange, error }: InputProps) {
  const choices = field.required && !isBlank(value) ? choicesOf(field) : [{ value: '', label: '–' }, ...choicesOf(field)];
  return (
    <SelectField
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      options={choices}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.target.value || null)}
    />
  );
}

function SelectShow({ field, value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return <Badge>{printValue(field, value)}</Badge>;
}

export const select: FieldUi = {
  name: 'select',
  Input: SelectInput,
  Cell: SelectShow,
  View: SelectShow,
  parse: (typed) => typed,
};
