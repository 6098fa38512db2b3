/** Asks whether somebody may do something to a record, and which rule says so. */
import type { Action } from '@piper/shared/data-model';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { JsonField } from './json-field.tsx';
import type { DesignedModel } from './models.ts';
import { RecordInput } from './record-input.tsx';
import { someoneOf, SomeoneField } from './someone-field.tsx';

export const actionOptions = [
  { value: 'read', label: 'read' },
  { value: 'create', label: 'create' },
  { value: 'update', label: 'change' },
  { value: 'delete', label: 'delete' },
];

/** Whether values are part of the question. */
export const writes = (action: string): boolean => action === 'create' || action === 'update';

export function WhyNot({ project, model }: { project: string; model: DesignedModel }) {
  const [who, setWho] = useState('role:viewer');
  const [action, setAction] = useState<Action>('read');
  const [id, setId] = useState<string>();
  const [values, setValues] = useState<Record<string, unknown>>();
  const ask = useMutation({
    mutationFn: async () => {
      const isThere = id !== undefined && action !== 'create';
      const subject = { ...(isThere ? { id } : {}), ...(values && writes(action) ? { values } : {}) };
      const body = { ...someoneOf(who), model: model.id, action, ...subject };
      return (await api('askWhy', { params: { project }, body })).data;
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <Section title="Why not?" description="Whether somebody may do something, and which rule says so.">
      <form onSubmit={submit} className="card flex flex-col gap-3 p-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <SomeoneField label="Who" value={who} onChange={setWho} />
          <SelectField
            label="What"
            options={actionOptions}
            value={action}
            onChange={(event) => setAction(event.target.value as Action)}
          />
        </div>
        {action === 'create' ? null : (
          <RecordInput model={model} label="Record" help="None: any record." value={id} onChange={setId} />
        )}
        {writes(action) ? (
          <JsonField label="Values" value={values} onChange={setValues} placeholder='{ "state": "closed" }' />
        ) : null}
        <div>
          <Button type="submit" isBusy={ask.isPending}>
            Ask
          </Button>
        </div>
        {ask.error ? <Notice tone="danger">{messageOf(ask.error)}</Notice> : null}
        {ask.data ? (
          <div role="status" className="flex flex-col gap-2 text-sm">
            <Notice tone={ask.data.allowed ? 'info' : 'warning'}>{ask.data.sentence}</Notice>
            <ul className="list-disc pl-5">
              {ask.data.rules.map(({ index, sentence }) => (
                <li key={index}>
                  Rule {index}: {sentence}
                </li>
              ))}
            </ul>
          </div>
        ) : null}
      </form>
    </Section>
  );
}
