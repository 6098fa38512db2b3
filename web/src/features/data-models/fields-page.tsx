/** The fields of a data model: added, changed, ordered, deleted and brought back; and indexes over several of them. */
import { useNavigate } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, Pencil, Plus, Settings2, Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { labelOf } from '../../fields/field-ui.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useProject } from '../projects/project.ts';
import { FieldBin } from './bin.tsx';
import { useQuickApply } from './quick-apply.ts';
import { FieldForm } from './field-form.tsx';
import { IndexSection } from './index-section.tsx';
import { ModelForm } from './model-form.tsx';
import { ownFields, useModel, type DesignedField, type DesignedModel } from './models.ts';
import { typeLabel } from './type-label.ts';

type Editing = { field: DesignedField | undefined } | 'model' | undefined;

export function FieldsPage() {
  const model = useModel();
  const project = useProject();
  const navigate = useNavigate();
  const [editing, setEditing] = useState<Editing>();
  const quick = useQuickApply(model);
  const close = (): void => setEditing(undefined);
  const remove = async (): Promise<void> => {
    const made = await quick.mutateAsync({
      actions: [{ do: 'delete-model', model: model.id }],
      done: `Deleted “${model.label}”.`,
    });
    if (!made) return;
    await navigate({ to: '/p/$project/data', params: { project: project.slug } });
  };
  const add = (
    <Button variant="primary" onClick={() => setEditing({ field: undefined })}>
      <Plus size={16} aria-hidden /> New field
    </Button>
  );
  return (
    <Page
      title={`${model.labelPlural}: fields`}
      description={model.description || undefined}
      actions={
        <>
          <Button onClick={() => setEditing('model')}>
            <Settings2 size={15} aria-hidden /> Data model
          </Button>
          {add}
        </>
      }
    >
      <FieldList model={model} onEdit={(field) => setEditing({ field })} add={add} />
      <FieldBin model={model} />
      <IndexSection model={model} />
      <Section title="Delete" description="The data model goes to the bin with its records, and the relations that lead to it.">
        <div>
          <Button variant="danger-soft" isBusy={quick.isPending} onClick={() => void remove().catch(() => undefined)}>
            <Trash2 size={15} aria-hidden /> Delete data model
          </Button>
        </div>
      </Section>
      <Dialog title="Data model" isOpen={editing === 'model'} onClose={close} size="lg">
        <ModelForm model={model} onClose={close} />
      </Dialog>
      <Dialog
        title={typeof editing === 'object' && editing.field ? labelOf(editing.field) : 'New field'}
        isOpen={typeof editing === 'object'}
        onClose={close}
        size="lg"
      >
        {typeof editing === 'object' ? <FieldForm model={model} field={editing.field} onClose={close} /> : null}
      </Dialog>
    </Page>
  );
}

interface FieldListProps {
  model: DesignedModel;
  onEdit: (field: DesignedField) => void;
  add: ReactNode;
}

function FieldList({ model, onEdit, add }: FieldListProps) {
  const quick = useQuickApply(model);
  const fields = ownFields(model);
  const move = (from: number, to: number): void => {
    const ids = fields.map(({ id }) => id);
    const order = ids.with(from, ids[to]!).with(to, ids[from]!);
    quick.mutate({ actions: [{ do: 'order-fields', model: model.id, fields: order }], done: 'Moved.' });
  };
  const remove = (field: DesignedField): void =>
    quick.mutate({ actions: [{ do: 'delete-field', model: model.id, field: field.id }], done: `Deleted “${field.label}”.` });
  if (fields.length === 0)
    return (
      <EmptyState icon={Plus} title="No fields yet" action={add}>
        Every record has an id, times, an author and a version. What else it holds is up to its fields.
      </EmptyState>
    );
  return (
    <ol className="card divide-y divide-separator" aria-label="Fields">
      {fields.map((field, i) => (
        <li key={field.id} className="flex flex-wrap items-center gap-x-2 gap-y-1 px-4 py-2">
          <span className="min-w-0 flex-1 basis-44">
            <span className="block truncate font-medium">{field.label}</span>
            <code className="block truncate text-xs text-muted">{field.key}</code>
          </span>
          <Badge>{typeLabel(field)}</Badge>
          {field.required ? <Badge tone="accent">required</Badge> : null}
          {field.unique ? <Badge tone="accent">unique</Badge> : null}
          {field.index ? <Badge>indexed</Badge> : null}
          <span className="flex">
            <IconButton
              label={`Move ${field.label} up`}
              size="sm"
              disabled={i === 0 || quick.isPending}
              onClick={() => move(i, i - 1)}
            >
              <ArrowUp size={14} aria-hidden />
            </IconButton>
            <IconButton
              label={`Move ${field.label} down`}
              size="sm"
              disabled={i === fields.length - 1 || quick.isPending}
              onClick={() => move(i, i + 1)}
            >
              <ArrowDown size={14} aria-hidden />
            </IconButton>
            <IconButton label={`Edit ${field.label}`} size="sm" onClick={() => onEdit(field)}>
              <Pencil size={14} aria-hidden />
            </IconButton>
            <IconButton label={`Delete ${field.label}`} size="sm" disabled={quick.isPending} onClick={() => remove(field)}>
              <Trash2 size={14} aria-hidden />
            </IconButton>
          </span>
        </li>
      ))}
    </ol>
  );
}
