/** Indexes over several fields; those over one field are the field's own matter. */
import { Plus, Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SwitchField } from '../../ui/field.tsx';
import { Section } from '../../ui/page.tsx';
import type { DesignedModel } from './models.ts';
import { useQuickApply } from './quick-apply.ts';
import { SaveProblem, useSave } from './save-form.tsx';

export function IndexSection({ model }: { model: DesignedModel }) {
  const [isAdding, setAdding] = useState(false);
  const quick = useQuickApply(model);
  const indexes = model.indexes ?? [];
  const nameOf = (id: string): string => model.fields.find((field) => field.id === id)?.label ?? id;
  const add = (
    <Button size="sm" onClick={() => setAdding(true)}>
      <Plus size={14} aria-hidden /> Index
    </Button>
  );
  return (
    <Section
      title="Indexes over several fields"
      description="They make lists quick that filter or sort by these fields together; unique ones allow each combination once."
      actions={add}
    >
      {indexes.length === 0 ? null : (
        <ul className="card divide-y divide-separator" aria-label="Indexes">
          {indexes.map((index) => {
            const name = index.fields.map(nameOf).join(', ');
            return (
              <li key={index.id} className="flex items-center gap-3 px-4 py-2 text-sm">
                <span className="min-w-0 flex-1 truncate">{name}</span>
                {index.unique ? <Badge tone="accent">unique</Badge> : null}
                <IconButton
                  label={`Delete the index over ${name}`}
                  size="sm"
                  onClick={() =>
                    quick.mutate({ actions: [{ do: 'delete-index', model: model.id, index: index.id }], done: 'Index deleted.' })
                  }
                >
                  <Trash2 size={14} aria-hidden />
                </IconButton>
              </li>
            );
          })}
        </ul>
      )}
      <Dialog title="New index" isOpen={isAdding} onClose={() => setAdding(false)}>
        <IndexForm model={model} onClose={() => setAdding(false)} />
      </Dialog>
    </Section>
  );
}

function IndexForm({ model, onClose }: { model: DesignedModel; onClose: () => void }) {
  const [fields, setFields] = useState<string[]>([]);
  const [unique, setUnique] = useState(false);
  const save = useSave(model, onClose);
  const choices = model.fields.filter(({ operators, hidden, result, relation }) => {
    const isStored = result === undefined && relation?.kind !== 'one-to-many' && relation?.kind !== 'many-to-many';
    return isStored && !hidden && operators.includes('_eq');
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate({ actions: [{ do: 'create-index', model: model.id, index: { fields, unique } }], done: 'Index made.' });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <fieldset className="flex flex-col gap-1 text-sm">
        <legend className="mb-1 text-[0.8125rem] font-medium">Fields, in the order they are chosen</legend>
        {choices.map(({ id, label }) => {
          const place = fields.indexOf(id);
          return (
            <label key={id} className="flex items-center gap-2">
              <input
                type="checkbox"
                checked={place >= 0}
                onChange={() => setFields(place >= 0 ? fields.filter((each) => each !== id) : [...fields, id])}
              />
              {label}
              {place >= 0 ? <Badge tone="accent">{place + 1}</Badge> : null}
            </label>
          );
        })}
      </fieldset>
      <SwitchField label="Unique" help="Each combination of values may exist once." checked={unique} onChange={setUnique} />
      <SaveProblem error={save.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={fields.length === 0} isBusy={save.isPending}>
          Create index
        </Button>
      </div>
    </form>
  );
}
