import type { VisibleField } from '../../platform/records.ts';
import { Badge } from '../../ui/badge.tsx';
import { SelectField, type Option } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

const choicesOf = (field: VisibleField): Option[] =>
  Array.isArray(field.options?.['choices']) ? (field.options['choices'] as Option[]) : [];

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
  return <Badge>{choicesOf(field).find((choice) => choice.value === value)?.label ?? String(value)}</Badge>;
}

export const select: FieldUi = {
  name: 'select',
  Input: SelectInput,
  Cell: SelectShow,
  View: SelectShow,
  parse: (typed) => typed,
};
