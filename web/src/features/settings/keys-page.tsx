/** API keys: made once, shown once, revoked at any time. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Check, Copy, KeyRound, Plus } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { projectsQuery } from '../../platform/queries.ts';
import { listRecords, type BaseRecord } from '../../platform/records.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/clipboard.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { showToast } from '../../ui/toast.tsx';
import { SettingsLayout } from './settings-layout.tsx';

interface KeyRow extends BaseRecord {
  name: string;
  prefix: string;
  access: 'read' | 'write';
  projectId: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
}

const keysQuery = {
  queryKey: ['keys'],
  queryFn: async () =>
    (await listRecords<KeyRow>('keys', { filter: { revokedAt: { _null: true } }, sort: '-createdAt', limit: 200 })).data,
};

export function KeysPage() {
  const { data, error, isPending } = useQuery(keysQuery);
  const [isCreating, setCreating] = useState(false);
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus size={16} aria-hidden /> New key
    </Button>
  );
  return (
    <SettingsLayout title="API keys" description="Programs act as you with a key, within the limits you give it.">
      {data && data.length > 0 ? <div>{create}</div> : null}
      {isPending ? <SkeletonRows rows={3} /> : null}
      {error ? <Notice tone="danger">{messageOf(error)}</Notice> : null}
      {data?.length === 0 ? (
        <EmptyState icon={KeyRound} title="No API keys" action={create}>
          Make one to use Piper from a script: it is sent as <code>Authorization: Bearer pk_…</code>.
        </EmptyState>
      ) : null}
      {data && data.length > 0 ? (
        <ul className="card divide-y divide-separator" aria-label="API keys">
          {data.map((key) => (
            <KeyItem key={key.id} apiKey={key} />
          ))}
        </ul>
      ) : null}
      <Dialog title="New API key" isOpen={isCreating} onClose={() => setCreating(false)}>
        <NewKey onClose={() => setCreating(false)} />
      </Dialog>
    </SettingsLayout>
  );
}

function KeyItem({ apiKey }: { apiKey: KeyRow }) {
  const projects = useQuery(projectsQuery).data ?? [];
  const revoke = useMutation({
    mutationFn: () => api('revokeKey', { params: { id: apiKey.id } }),
    onSuccess: () => showToast(`The key “${apiKey.name}” no longer works.`),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['keys'] }),
  });
  const project = apiKey.projectId ? (projects.find(({ id }) => id === apiKey.projectId)?.name ?? 'one project') : 'all projects';
  return (
    <li className="flex flex-wrap items-center gap-3 px-4 py-3 text-sm">
      <span className="min-w-0 flex-1 basis-48">
        <span className="block truncate font-medium">{apiKey.name}</span>
        <span className="block truncate text-xs text-muted">
          <code>{apiKey.prefix}…</code> · {project} ·{' '}
          {apiKey.lastUsedAt ? (
            <>
              used <Time at={apiKey.lastUsedAt} />
            </>
          ) : (
            'never used'
          )}
          {apiKey.expiresAt ? (
            <>
              {' '}
              · expires <Time at={apiKey.expiresAt} />
            </>
          ) : null}
        </span>
      </span>
      <Badge tone={apiKey.access === 'write' ? 'warning' : 'neutral'}>{apiKey.access}</Badge>
      <Button size="sm" variant="danger-soft" isBusy={revoke.isPending} onClick={() => revoke.mutate()}>
        Revoke
      </Button>
    </li>
  );
}

const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: '0', label: 'Until it is revoked' },
];

function NewKey({ onClose }: { onClose: () => void }) {
  const projects = useQuery(projectsQuery).data ?? [];
  const [values, setValues] = useState({ name: '', access: 'read', projectId: '', days: '90' });
  const create = useMutation({
    mutationFn: async () => {
      const expiresAt = values.days === '0' ? null : new Date(Date.now() + Number(values.days) * 86_400_000).toISOString();
      const body = {
        name: values.name.trim(),
        access: values.access as 'read' | 'write',
        projectId: values.projectId || null,
        expiresAt,
      };
      return (await api('createKey', { body })).data;
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['keys'] }),
  });
  if (create.data) return <ShownKey value={create.data.key} onClose={onClose} />;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  const projectOptions = [
    { value: '', label: 'All my projects' },
    ...projects.map(({ id, name }) => ({ value: id, label: name })),
  ];
  const accessOptions = [
    { value: 'read', label: 'Read' },
    { value: 'write', label: 'Read and write' },
  ];
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Name"
        required
        autoFocus
        maxLength={200}
        placeholder="Nightly export"
        value={values.name}
        onChange={(event) => setValues({ ...values, name: event.target.value })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="May"
          options={accessOptions}
          value={values.access}
          onChange={(event) => setValues({ ...values, access: event.target.value })}
        />
        <SelectField
          label="In"
          options={projectOptions}
          value={values.projectId}
          onChange={(event) => setValues({ ...values, projectId: event.target.value })}
        />
      </div>
      <SelectField
        label="Works for"
        options={lifetimes}
        value={values.days}
        onChange={(event) => setValues({ ...values, days: event.target.value })}
      />
      {create.error ? <Notice tone="danger">{messageOf(create.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={create.isPending}>
          Create key
        </Button>
      </div>
    </form>
  );
}

function ShownKey({ value, onClose }: { value: string; onClose: () => void }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warning">Copy the key now. It is not shown again.</Notice>
      <TextField label="Key" readOnly value={value} onFocus={(event) => event.target.select()} className="font-mono" />
      <div className="flex justify-end gap-2">
        <Button onClick={() => void copyText(value).then(setCopied)}>
          {isCopied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />} {isCopied ? 'Copied' : 'Copy'}
        </Button>
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}
