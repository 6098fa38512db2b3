/** Asks what a new data model is called and for its first fields, and opens its records. */
import type { NewField } from '@piper/shared/data-models';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Plus, X } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { randomId } from '../../platform/ids.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useApply } from './change-dialog.tsx';
import { quickTypes } from './type-picker.tsx';

interface NewModelDialogProps {
  project: string;
  isOpen: boolean;
  onClose: () => void;
}

export function NewModelDialog(props: NewModelDialogProps) {
  return (
    <Dialog title="New data model" isOpen={props.isOpen} onClose={props.onClose} size="lg">
      <NewModelForm {...props} />
    </Dialog>
  );
}

interface Row {
  id: number;
  label: string;
  type: string;
}

const fieldOf = ({ label, type }: Row): NewField => ({ label: label.trim(), type });

const keyOf = async (project: string, id: string): Promise<string> =>
  String((await api('readDataModel', { params: { id }, query: { project } })).data['key']);

/** A guess, in English, that can be changed. */
function pluralOf(word: string): string {
  if (word === '') return '';
  if (/[^aeiou]y$/i.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/i.test(word) ? `${word}es` : `${word}s`;
}

function NewModelForm({ project, onClose }: NewModelDialogProps) {
  const apply = useApply();
  const navigate = useNavigate();
  const [label, setLabel] = useState('');
  const [several, setSeveral] = useState<string>();
  const labelPlural = several ?? pluralOf(label.trim());
  const [rows, setRows] = useState<Row[]>([{ id: 0, label: 'Name', type: 'text' }]);
  const create = useMutation({
    mutationFn: async () => {
      const fields = rows.filter((row) => row.label.trim() !== '').map(fieldOf);
      const id = randomId();
      const model = { id, label: label.trim(), labelPlural, fields };
      const made = await apply([{ do: 'create-model', model }], { done: `“${model.label}” is there.` });
      if (!made) return;
      // One that is still at work has no address yet.
      const key = made === 'applied' ? await keyOf(project, id) : undefined;
      onClose();
      if (key !== undefined) await navigate({ to: '/p/$project/data/$model', params: { project, model: key } });
    },
  });
  const errors = fieldErrors(create.error);
  const change = (index: number, part: Partial<Row>): void => setRows(rows.with(index, { ...rows[index]!, ...part }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Name of one record"
          value={label}
          onChange={(event) => setLabel(event.target.value)}
          required
          maxLength={100}
          autoFocus
          placeholder="Customer"
          error={errors['actions[0].model.label'] ?? errors['actions[0].model.key']}
        />
        <TextField
          label="Name of several"
          value={labelPlural}
          onChange={(event) => setSeveral(event.target.value)}
          required
          maxLength={100}
          placeholder="Customers"
          error={errors['actions[0].model.labelPlural']}
        />
      </div>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 text-[0.8125rem] font-medium">Fields</legend>
        {rows.map((row, i) => (
          <div key={row.id} className="grid grid-cols-[1fr_9rem_auto] sm:grid-cols-[1fr_12rem_auto] items-start gap-2">
            <TextField
              label={`Name of field ${i + 1}`}
              hideLabel
              placeholder="Name of the field"
              value={row.label}
              onChange={(event) => change(i, { label: event.target.value })}
            />
            <SelectField
              label={`Type of field ${i + 1}`}
              hideLabel
              options={quickTypes}
              value={row.type}
              onChange={(event) => change(i, { type: event.target.value })}
            />
            <IconButton label={`Remove field ${i + 1}`} onClick={() => setRows(rows.toSpliced(i, 1))}>
              <X size={15} aria-hidden />
            </IconButton>
          </div>
        ))}
        <div>
          <Button size="sm" onClick={() => setRows([...rows, { id: (rows.at(-1)?.id ?? 0) + 1, label: '', type: 'text' }])}>
            <Plus size={14} aria-hidden /> Field
          </Button>
        </div>
        <p className="text-[0.8125rem] text-muted">Relations, choices, formulas and all other types can be added afterwards.</p>
      </fieldset>
      {create.error ? <Notice tone="danger">{messageOf(create.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={create.isPending}>
          Create data model
        </Button>
      </div>
    </form>
  );
}
