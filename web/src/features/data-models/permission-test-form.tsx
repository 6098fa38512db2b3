/** A new permission test, or a change of one. */
import type { Filter } from '@piper/shared/filter/filter';
import type { PermissionTest, StoredPermissionTest } from '@piper/shared/project-rules';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { FilterField } from './filter-field.tsx';
import { JsonField } from './json-field.tsx';
import type { DesignedModel } from './models.ts';
import { RecordInput } from './record-input.tsx';
import { nameOfSomeone, someoneOf, SomeoneField } from './someone-field.tsx';
import { actionOptions, writes } from './why-not.tsx';

const expectations = [
  { value: 'refused', label: 'must be refused' },
  { value: 'allowed', label: 'must be allowed' },
];

interface Draft {
  name: string;
  who: string;
  action: PermissionTest['action'];
  expect: PermissionTest['expect'];
  id: string | undefined;
  filter: Filter | undefined;
  values: Record<string, unknown> | undefined;
  fields: string;
}

const fresh: Draft = {
  name: '',
  who: 'role:viewer',
  action: 'read',
  expect: 'refused',
  id: undefined,
  filter: undefined,
  values: undefined,
  fields: '',
};

function draftOf({ name, as, action, expect, record, fields }: PermissionTest): Draft {
  const { id, filter, values } = record;
  const isAll = Object.keys(filter ?? {}).length === 0;
  return {
    name,
    who: nameOfSomeone(as),
    action,
    expect,
    id,
    filter: isAll ? undefined : (filter as Filter),
    values,
    fields: (fields ?? []).join(', '),
  };
}

function testOf(draft: Draft, model: string): PermissionTest {
  const { name, who, action, expect, id, filter, values } = draft;
  const which = action === 'create' ? {} : id === undefined ? { filter: filter ?? {} } : { id };
  const record = { ...which, ...(values && writes(action) ? { values } : {}) };
  return {
    name: name.trim(),
    as: someoneOf(who),
    action,
    model,
    record,
    expect,
    fields: draft.fields.split(/[\s,]+/).filter(Boolean),
  };
}

interface PermissionTestFormProps {
  project: string;
  model: DesignedModel;
  test: StoredPermissionTest | undefined;
  onClose: () => void;
}

export function PermissionTestForm({ project, model, test, onClose }: PermissionTestFormProps) {
  const [draft, setDraft] = useState(() => (test ? draftOf(test) : fresh));
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const save = useMutation({
    mutationFn: () => {
      const body = testOf(draft, test?.model ?? model.key);
      return test
        ? api('updatePermissionTest', { params: { project, test: test.id }, body })
        : api('createPermissionTest', { params: { project }, body });
    },
    onSuccess: async () => {
      onClose();
      await queryClient.invalidateQueries({ queryKey: ['permission-tests'] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Name"
        required
        value={draft.name}
        onChange={(event) => set({ name: event.target.value })}
        placeholder="Viewers don't change anything"
      />
      <SomeoneField label="Who" value={draft.who} onChange={(who) => set({ who })} />
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField
          label="What"
          options={actionOptions}
          value={draft.action}
          onChange={(event) => set({ action: event.target.value as Draft['action'] })}
        />
        <SelectField
          label="Outcome"
          options={expectations}
          value={draft.expect}
          onChange={(event) => set({ expect: event.target.value as Draft['expect'] })}
        />
      </div>
      <Subject model={model} draft={draft} onChange={set} />
      <TextField
        label="Fields"
        value={draft.fields}
        onChange={(event) => set({ fields: event.target.value })}
        help="Keys of fields that are asked for in particular."
      />
      {save.error ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending}>
          {test ? 'Save' : 'Add test'}
        </Button>
      </div>
    </form>
  );
}

interface SubjectProps {
  model: DesignedModel;
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

/** The records it is tried on, and what is written to them. */
function Subject({ model, draft: { action, id, filter, values }, onChange }: SubjectProps) {
  return (
    <>
      {action === 'create' ? null : (
        <RecordInput
          model={model}
          label="On the record"
          help="None: on those of the filter below."
          value={id}
          onChange={(chosen) => onChange({ id: chosen })}
        />
      )}
      {action === 'create' || id !== undefined ? null : (
        <FilterField
          model={model}
          label="On which records"
          value={filter}
          onChange={(given) => onChange({ filter: given })}
          help="all of them (up to 20)."
          placeholder='{ "state": { "_eq": "open" } }'
        />
      )}
      {writes(action) ? (
        <JsonField
          label="Values"
          value={values}
          onChange={(given) => onChange({ values: given })}
          placeholder='{ "name": "Ada" }'
        />
      ) : null}
    </>
  );
}
