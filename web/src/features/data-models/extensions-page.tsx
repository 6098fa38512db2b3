/** For the instance's owner: fields of their own on Piper's models, such as a customer number on projects. */
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { labelOf } from '../../fields/field-ui.ts';
import { messageOf } from '../../platform/api-error.ts';
import { dataModelQuery, dataModelsQuery } from '../../platform/records.ts';
import { useAccount } from '../../platform/session.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { SettingsLayout } from '../settings/settings-layout.tsx';
import { ChangeDesk } from './change-dialog.tsx';
import { Changes } from './changes-page.tsx';
import { AddedFields } from './added-fields.tsx';
import { FieldBin } from './bin.tsx';
import { FieldForm } from './field-form.tsx';
import type { DesignedField, DesignedModel } from './models.ts';

export function ExtensionsPage() {
  const { role } = useAccount();
  return (
    <SettingsLayout
      title="Own fields"
      description="Fields of your own on what Piper itself keeps. They are part of its API and filters, and of the lists and forms under Everything, and stay through upgrades."
    >
      {role === 'OWNER' ? (
        <ChangeDesk>
          <Extensions />
        </ChangeDesk>
      ) : (
        <Notice>Only the owner of this instance can add fields to what Piper keeps.</Notice>
      )}
    </SettingsLayout>
  );
}

function Extensions() {
  const [key, setKey] = useState('projects');
  const { data: models = [] } = useQuery(dataModelsQuery);
  const options = models
    .filter(({ verbs }) => verbs.includes('update'))
    .map((model) => ({ value: model.key, label: model.labelPlural }));
  return (
    <>
      <SelectField label="Of" options={options} value={key} onChange={(event) => setKey(event.target.value)} />
      <Fields modelKey={key} />
      <Section title="Changes" description="Every change of these fields, newest first, with the way back.">
        <Changes />
      </Section>
    </>
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
      <AddedFields model={model} onEdit={(field) => setEditing({ field })} />
      <div>{add}</div>
      <FieldBin model={model} />
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
