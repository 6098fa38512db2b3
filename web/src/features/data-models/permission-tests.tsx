/** Tests of a data model's rules: they run before every change of the definitions, and here when asked. */
import type { PermissionTest } from '@piper/shared/project-rules';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Play, Plus, Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { showToast } from '../../ui/toast.tsx';
import { QueryView } from '../shell/query-view.tsx';
import { JsonField } from './json-field.tsx';
import type { DesignedModel } from './models.ts';
import { someoneOf, SomeoneField } from './someone-field.tsx';
import { actionOptions } from './why-not.tsx';

interface Of {
  project: string;
  model: DesignedModel;
}

const tones: Record<string, Tone> = { passed: 'success', failed: 'danger', broken: 'warning' };
const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['permission-tests'] });
const tell = (error: Error): void => showToast(messageOf(error), { tone: 'danger' });

export function PermissionTests({ project, model }: Of) {
  const [isAdding, setAdding] = useState(false);
  const query = useQuery({
    queryKey: ['permission-tests', project],
    queryFn: async () => (await api('listPermissionTests', { params: { project } })).data,
  });
  const run = useMutation({
    mutationFn: async () => (await api('runAllPermissionTests', { params: { project } })).data,
    onError: tell,
  });
  const remove = useMutation({
    mutationFn: (test: string) => api('deletePermissionTest', { params: { project, test } }),
    onError: tell,
    onSettled: refresh,
  });
  return (
    <Section
      title="Permission tests"
      description="They run before every change of the definitions and block one that would break them."
      actions={
        <>
          <Button size="sm" isBusy={run.isPending} onClick={() => run.mutate()}>
            <Play size={14} aria-hidden /> Run
          </Button>
          <Button size="sm" onClick={() => setAdding(true)}>
            <Plus size={14} aria-hidden /> Test
          </Button>
        </>
      }
    >
      <QueryView query={query} rows={2}>
        {(tests) => (
          <ul className="card divide-y divide-separator empty:hidden" aria-label="Permission tests">
            {tests
              .filter((test) => test.model === model.key || test.model === model.id)
              .map(({ id, name, expect }) => {
                const outcome = run.data?.find(({ test }) => test === id);
                return (
                  <li key={id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
                    <span className="min-w-0 flex-1 truncate">{name}</span>
                    <span className="text-xs text-muted">must be {expect}</span>
                    {outcome ? <Badge tone={tones[outcome.outcome] ?? 'neutral'}>{outcome.outcome}</Badge> : null}
                    <IconButton label={`Delete the test ${name}`} size="sm" onClick={() => remove.mutate(id)}>
                      <Trash2 size={14} aria-hidden />
                    </IconButton>
                    {outcome && outcome.outcome !== 'passed' ? (
                      <p className="w-full text-[0.8125rem]">{outcome.sentence}</p>
                    ) : null}
                  </li>
                );
              })}
          </ul>
        )}
      </QueryView>
      <Dialog title="New permission test" isOpen={isAdding} onClose={() => setAdding(false)} size="lg">
        <TestForm project={project} model={model} onClose={() => setAdding(false)} />
      </Dialog>
    </Section>
  );
}

const expectations = [
  { value: 'refused', label: 'must be refused' },
  { value: 'allowed', label: 'must be allowed' },
];

function TestForm({ project, model, onClose }: Of & { onClose: () => void }) {
  const [name, setName] = useState('');
  const [who, setWho] = useState('role:viewer');
  const [action, setAction] = useState('read');
  const [expect, setExpect] = useState('refused');
  const [filter, setFilter] = useState<Record<string, unknown>>();
  const [values, setValues] = useState<Record<string, unknown>>();
  const [fields, setFields] = useState('');
  const save = useMutation({
    mutationFn: () => {
      const record = { ...(action === 'create' ? {} : { filter: filter ?? {} }), ...(values ? { values } : {}) };
      const asked = fields.split(/[\s,]+/).filter(Boolean);
      const test = { name: name.trim(), as: someoneOf(who), action, model: model.key, record, expect } as PermissionTest;
      return api('createPermissionTest', { params: { project }, body: asked.length > 0 ? { ...test, fields: asked } : test });
    },
    onSuccess: async () => {
      onClose();
      await refresh();
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
        value={name}
        onChange={(event) => setName(event.target.value)}
        placeholder="Viewers don't change anything"
      />
      <SomeoneField label="Who" value={who} onChange={setWho} />
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField label="What" options={actionOptions} value={action} onChange={(event) => setAction(event.target.value)} />
        <SelectField label="Outcome" options={expectations} value={expect} onChange={(event) => setExpect(event.target.value)} />
      </div>
      {action === 'create' ? null : (
        <JsonField
          label="On which records"
          value={undefined}
          onChange={setFilter}
          help="A filter as JSON; empty: all (up to 20)."
        />
      )}
      {action === 'create' || action === 'update' ? (
        <JsonField label="Values" value={undefined} onChange={setValues} placeholder='{ "name": "Ada" }' />
      ) : null}
      <TextField
        label="Fields"
        value={fields}
        onChange={(event) => setFields(event.target.value)}
        help="Keys of fields that are asked for in particular."
      />
      {save.error ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending}>
          Add test
        </Button>
      </div>
    </form>
  );
}
