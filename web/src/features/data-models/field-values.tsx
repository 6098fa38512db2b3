/** Values of a field that is being drafted: its default, and what fills it where it becomes required. */
import { fieldUiOf } from '../../fields/index.ts';
import type { VisibleField } from '../../platform/records.ts';
import type { FieldDraft } from './field-draft.ts';

interface ValueProps {
  draft: FieldDraft;
  onChange: (value: unknown) => void;
  error: string | undefined;
}

const fieldOf = ({ type, options }: FieldDraft, label: string, help: string): VisibleField => ({
  key: 'value',
  type,
  label,
  help,
  options: { ...options },
  operators: [],
  sortable: false,
  creatable: true,
  updatable: true,
});

/** Records and files can't be a default; nor what counts by itself. */
const without = new Set(['relation', 'any-relation', 'user', 'file', 'files', 'image', 'images', 'auto-number']);

export function DefaultInput({ draft, onChange, error }: ValueProps) {
  if (without.has(draft.type)) return null;
  const { Input } = fieldUiOf(draft);
  return (
    <Input
      field={fieldOf(draft, 'Default', 'What new records hold unless told otherwise.')}
      value={draft.default}
      onChange={onChange}
      error={error}
    />
  );
}

export function FillInput({ draft, onChange, error }: ValueProps) {
  if (without.has(draft.type)) return null;
  const { Input } = fieldUiOf(draft);
  return (
    <Input
      field={fieldOf(draft, 'Fill with', 'Written into records that have no value.')}
      value={draft.fill}
      onChange={onChange}
      error={error}
    />
  );
}
