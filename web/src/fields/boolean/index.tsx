import { Badge } from '../../ui/badge.tsx';
import { SwitchField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';

function BooleanInput({ field, value, onChange }: InputProps) {
  return <SwitchField label={field.label} help={field.help} checked={value === true} onChange={onChange} />;
}

function BooleanShow({ field, value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return <Badge tone={value ? 'success' : 'neutral'}>{printValue(field, value)}</Badge>;
}

export const boolean: FieldUi = {
  name: 'boolean',
  Input: BooleanInput,
  Cell: BooleanShow,
  View: BooleanShow,
  parse: (typed) => /^(true|yes|1)$/i.test(typed.trim()),
};
