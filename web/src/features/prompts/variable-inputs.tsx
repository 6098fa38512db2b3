/** One typed field for each variable of a prompt. */
import type { PromptReply } from '@piper/shared/prompts';
import { SelectField, SwitchField, TextField } from '../../ui/field.tsx';

export type Variable = PromptReply['variables'][number];

interface VariableInputsProps {
  variables: readonly Variable[];
  values: Record<string, unknown>;
  onChange: (values: Record<string, unknown>) => void;
}

export function VariableInputs({ variables, values, onChange }: VariableInputsProps) {
  const set = (name: string, value: unknown): void => {
    const { [name]: _, ...rest } = values;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  return variables.map((variable) => (
    <VariableInput
      key={variable.name}
      variable={variable}
      value={values[variable.name]}
      onChange={(value) => set(variable.name, value)}
    />
  ));
}

interface VariableInputProps {
  variable: Variable;
  value: unknown;
  onChange: (value: unknown) => void;
}

const shown = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

function VariableInput({ variable, value, onChange }: VariableInputProps) {
  const { name, type = 'text', options = [], description } = variable;
  const common = { label: name, ...(description ? { help: description } : {}) };
  if (type === 'boolean') return <SwitchField {...common} checked={Boolean(value ?? variable.default)} onChange={onChange} />;
  if (type === 'select') {
    const hint = variable.default === undefined ? 'Choose…' : `${shown(variable.default)} (default)`;
    const choices = [{ value: '', label: hint }, ...options.map((option) => ({ value: option, label: option }))];
    return (
      <SelectField
        {...common}
        options={choices}
        value={shown(value)}
        onChange={(event) => onChange(event.target.value || undefined)}
      />
    );
  }
  const isNumber = type === 'number';
  return (
    <TextField
      {...common}
      type={type === 'date' ? 'date' : isNumber ? 'number' : 'text'}
      {...(isNumber ? { step: 'any' } : {})}
      placeholder={variable.default === undefined ? 'Needed' : shown(variable.default)}
      value={shown(value)}
      onChange={(event) =>
        onChange(event.target.value === '' ? undefined : isNumber ? Number(event.target.value) : event.target.value)
      }
    />
  );
}
