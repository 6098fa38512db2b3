/** For the instance's owner: fields of their own on Piper's models, such as a customer number on projects. */
import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { labelOf } from '../../fields/field-ui.ts';
import { messageOf } from '../../platform/api-error.ts';
import { dataModelQuery, dataModelsQuery } from '../../platform/records.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { SettingsLayout } from '../settings/settings-layout.tsx';
import { ChangeDesk } from './change-dialog.tsx';
import { Changes } from './changes-page.tsx';
import { FieldForm } from './field-form.tsx';
import type { DesignedField, DesignedModel } from './models.ts';
import { useQuickApply } from './quick-apply.ts';
import { typeLabel } from './type-label.ts';

/** As the server names what was added to a model of Piper's. */
const isAdded = ({ key }: { key: string }): boolean => key.startsWith('x_');

export function ExtensionsPage() {
  const [key, setKey] = useState('projects');
  const { data: models = [] } = useQuery(dataModelsQuery);
  const options = models
    .filter(({ verbs }) => verbs.includes('update'))
    .map((model) => ({ value: model.key, label: model.labelPlural }));
  return (
    <SettingsLayout
      title="Own fields"
      description="Fields of your own on what Piper itself keeps. They are part of its lists, forms, filters and API, and stay through upgrades."
    >
      <ChangeDesk>
        <SelectField label="Of" options={options} value={key} onChange={(event) => setKey(event.target.value)} />
        <Fields modelKey={key} />
        <Section title="Changes" description="Every change of these fields, newest first, with the way back.">
          <Changes />
        </Section>
      </ChangeDesk>
    </SettingsLayout>
  );
}

function Fields({ modelKey }: { modelKey: string }) {
  const { data, error } = useQuery(dataModelQuery(modelKey));
  const [editing, setEditing] = useState<{ field: DesignedField | undefined }>();
  if (error) return <Notice tone="danger">{messageOf(error)}</Notice>;
  if (!data) return <SkeletonRows rows={3} />;
  const model = data as unknown as DesignedModel;
  const close = (): void => setEditing(undefined);
  const add = (
    <Button variant="primary" onClick={() => setEditing({ field: undefined })}>
      <Plus size={16} aria-hidden /> New field
    </Button>
  );
  return (
    <>
      <FieldList model={model} onEdit={(field) => setEditing({ field })} />
      <div>{add}</div>
      <Dialog
        title={editing?.field ? labelOf(editing.field) : `New field of ${model.labelPlural.toLowerCase()}`}
        isOpen={editing !== undefined}
        onClose={close}
        size="lg"
      >
        {editing ? <FieldForm model={model} field={editing.field} onClose={close} /> : null}
      </Dialog>
    </>
  );
}

function FieldList({ model, onEdit }: { model: DesignedModel; onEdit: (field: DesignedField) => void }) {
  const quick = useQuickApply();
  const fields = model.fields.filter(isAdded);
  if (fields.length === 0)
    return (
      <EmptyState icon={Plus} title="No fields of your own yet">
        Whoever may read {model.labelPlural.toLowerCase()} will see them; whoever may change them can fill them in.
      </EmptyState>
    );
  return (
    <ol className="card divide-y divide-separator" aria-label="Fields">
      {fields.map((field) => (
        <li key={field.id} className="flex flex-wrap items-center gap-x-2 gap-y-1 px-4 py-2">
          <span className="min-w-0 flex-1 basis-44">
            <span className="block truncate font-medium">{field.label}</span>
            <code className="block truncate text-xs text-muted">{field.key}</code>
          </span>
          <Badge>{typeLabel(field)}</Badge>
          <IconButton label={`Edit ${field.label}`} size="sm" onClick={() => onEdit(field)}>
            <Pencil size={14} aria-hidden />
          </IconButton>
          <IconButton
            label={`Delete ${field.label}`}
            size="sm"
            disabled={quick.isPending}
            onClick={() =>
              quick.mutate({
                actions: [{ do: 'delete-field', model: model.id, field: field.id }],
                done: `Deleted “${field.label}”.`,
              })
            }
          >
            <Trash2 size={14} aria-hidden />
          </IconButton>
        </li>
      ))}
    </ol>
  );
}
