/** Keys and addresses of AI providers: one's own, and for administrators the instance's. */
import type { ProviderKeyReply, ProviderKeyScope, ProviderReply } from '@piper/shared/ai-providers';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { useAccount } from '../../platform/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { showToast } from '../../ui/toast.tsx';
import { aiModelsQuery } from '../chat/ai-models.ts';
import { SettingsLayout } from './settings-layout.tsx';

const providerKeysQuery = { queryKey: ['provider-keys'], queryFn: () => api('listProviderKeys') };

async function refresh(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['provider-keys'] }),
    queryClient.invalidateQueries({ queryKey: ['ai-models'] }),
  ]);
}

export function ProvidersPage() {
  const { role } = useAccount();
  const { data, error, isPending } = useQuery(providerKeysQuery);
  const models = useQuery(aiModelsQuery);
  return (
    <SettingsLayout
      title="AI providers"
      description="Who answers in chats. Without any, the built-in local assistant finds things in your projects."
    >
      {isPending ? <SkeletonRows rows={5} /> : null}
      {error ? <Notice tone="danger">{messageOf(error)}</Notice> : null}
      {models.data?.meta.problems.map((problem) => (
        <Notice key={problem.provider} tone="warning">
          {problem.message}
        </Notice>
      ))}
      {data && role !== 'MEMBER' ? (
        <ProviderList
          scope="instance"
          title="For everybody here"
          description="Used by all members who have no key of their own."
          providers={data.meta.providers}
          keys={data.data}
        />
      ) : null}
      {data ? (
        <ProviderList
          scope="own"
          title="Only for me"
          description="Your own keys come before those of the instance."
          providers={data.meta.providers}
          keys={data.data}
        />
      ) : null}
    </SettingsLayout>
  );
}

interface ProviderListProps {
  scope: ProviderKeyScope;
  title: string;
  description: string;
  providers: readonly ProviderReply[];
  keys: readonly ProviderKeyReply[];
}

function ProviderList({ scope, title, description, providers, keys }: ProviderListProps) {
  const [editing, setEditing] = useState<string>();
  const shown = providers.filter(({ name }) => name !== 'local');
  const provider = shown.find(({ name }) => name === editing);
  const keyOf = (name: string) => keys.find((key) => key.provider === name && key.scope === scope);
  return (
    <Section title={title} description={description}>
      <ul className="card divide-y divide-separator" aria-label={title}>
        {shown.map((each) => (
          <ProviderItem
            key={each.name}
            provider={each}
            scope={scope}
            stored={keyOf(each.name)}
            onEdit={() => setEditing(each.name)}
          />
        ))}
      </ul>
      <Dialog title={provider?.label ?? ''} isOpen={provider !== undefined} onClose={() => setEditing(undefined)}>
        {provider ? (
          <ProviderForm provider={provider} scope={scope} stored={keyOf(provider.name)} onClose={() => setEditing(undefined)} />
        ) : null}
      </Dialog>
    </Section>
  );
}

interface ProviderItemProps {
  provider: ProviderReply;
  scope: ProviderKeyScope;
  stored: ProviderKeyReply | undefined;
  onEdit: () => void;
}

function ProviderItem({ provider, scope, stored, onEdit }: ProviderItemProps) {
  const remove = useMutation({
    mutationFn: () => api('deleteProviderKey', { params: { provider: provider.name }, query: { scope } }),
    onSuccess: () => showToast(`The key of ${provider.label} was removed.`),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: refresh,
  });
  const isUsed = provider.source === scope || (scope === 'instance' && provider.source === 'environment');
  return (
    <li className="flex flex-wrap items-center gap-3 px-4 py-3 text-sm">
      <span className="min-w-0 flex-1 basis-48">
        <span className="block font-medium">{provider.label}</span>
        <span className="block truncate text-xs text-muted">{describe(provider, scope, stored)}</span>
      </span>
      {stored && !stored.readable ? (
        <Badge tone="danger">set it again</Badge>
      ) : isUsed ? (
        <Badge tone="success">in use</Badge>
      ) : null}
      <Button size="sm" onClick={onEdit} aria-label={`${stored ? 'Change' : 'Set up'} ${provider.label}`}>
        {stored ? 'Change' : 'Set up'}
      </Button>
      {stored ? (
        <Button
          size="sm"
          variant="danger-soft"
          isBusy={remove.isPending}
          onClick={() => remove.mutate()}
          aria-label={`Remove the key of ${provider.label}`}
        >
          Remove
        </Button>
      ) : null}
    </li>
  );
}

function describe(provider: ProviderReply, scope: ProviderKeyScope, stored: ProviderKeyReply | undefined): string {
  if (stored) return [stored.last4 ? `key …${stored.last4}` : 'no key', stored.baseUrl].filter(Boolean).join(' · ');
  if (scope === 'instance' && provider.source === 'environment') return 'set up by the server’s environment';
  return provider.needsKey ? 'needs a key' : `no key needed${provider.defaultBaseUrl ? ` · ${provider.defaultBaseUrl}` : ''}`;
}

type ProviderFormProps = Omit<ProviderItemProps, 'onEdit'> & { onClose: () => void };

/** An address is tried before it is kept; what was typed since the last try counts as untried. */
function useProviderForm({ provider, scope, stored, onClose }: ProviderFormProps) {
  const [values, setValues] = useState({ apiKey: '', baseUrl: stored?.baseUrl ?? '' });
  const given = {
    ...(values.apiKey.trim() ? { apiKey: values.apiKey.trim() } : {}),
    ...(values.baseUrl.trim() ? { baseUrl: values.baseUrl.trim() } : {}),
  };
  const baseUrl = values.baseUrl.trim();
  const proof = JSON.stringify(given);
  const [proven, setProven] = useState(stored?.baseUrl ? JSON.stringify({ baseUrl: stored.baseUrl }) : undefined);
  const check = useMutation({
    onSuccess: () => setProven(proof),
    mutationFn: async () => (await api('checkProviderKey', { params: { provider: provider.name }, body: given })).data.length,
  });
  const save = useMutation({
    mutationFn: () =>
      api('putProviderKey', {
        params: { provider: provider.name },
        body: { scope, ...given, baseUrl: baseUrl || null },
      }),
    onSuccess: async () => {
      showToast(`${provider.label} is set up.`);
      onClose();
      await refresh();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.reset();
    if (baseUrl === '' || proven === proof) save.mutate();
    else check.mutate(undefined, { onSuccess: () => save.mutate() });
  };
  const change = (next: Partial<typeof values>): void => {
    check.reset();
    setValues({ ...values, ...next });
  };
  return { values, change, check, save, submit, mayInsist: check.isError && baseUrl !== '' };
}

function ProviderForm({ provider, scope, stored, onClose }: ProviderFormProps) {
  const { values, change, check, save, submit, mayInsist } = useProviderForm({ provider, scope, stored, onClose });
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="API key"
        type="password"
        autoComplete="off"
        autoFocus
        required={provider.needsKey && !stored}
        placeholder={stored?.last4 ? `…${stored.last4}; leave empty to keep it` : ''}
        value={values.apiKey}
        onChange={(event) => change({ apiKey: event.target.value })}
        help="Kept encrypted; nobody can read it again."
      />
      <TextField
        label="Address"
        type="url"
        placeholder={provider.defaultBaseUrl ?? 'https://…/v1'}
        value={values.baseUrl}
        onChange={(event) => change({ baseUrl: event.target.value })}
        help="Only for a server of your own."
      />
      <Outcome found={check.data} error={save.error ?? check.error} />
      <div className="flex justify-end gap-2">
        <Button isBusy={check.isPending} onClick={() => check.mutate()}>
          {check.isPending ? 'Checking…' : 'Check'}
        </Button>
        {mayInsist ? (
          <Button variant="primary" isBusy={save.isPending} onClick={() => save.mutate()}>
            Save anyway
          </Button>
        ) : (
          <Button type="submit" variant="primary" isBusy={save.isPending}>
            Save
          </Button>
        )}
      </div>
    </form>
  );
}

/** How many AI models the key reaches, or what was wrong. */
function Outcome({ found, error }: { found: number | undefined; error: Error | null }) {
  if (error) return <Notice tone="danger">{messageOf(error)}</Notice>;
  if (found === undefined) return null;
  return <Notice>It works: {found === 1 ? '1 AI model' : `${found} AI models`} found.</Notice>;
}
