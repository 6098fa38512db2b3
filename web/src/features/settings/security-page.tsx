import { useMutation, useQuery } from '@tanstack/react-query';
import { Laptop } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { useAccount } from '../../platform/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { showToast } from '../../ui/toast.tsx';
import { SettingsLayout } from './settings-layout.tsx';

export function SecurityPage() {
  return (
    <SettingsLayout title="Security" description="Your password and where you are signed in.">
      <PasswordForm />
      <Sessions />
    </SettingsLayout>
  );
}

function PasswordForm() {
  const { hasPassword, email } = useAccount();
  const [values, setValues] = useState({ currentPassword: '', newPassword: '' });
  const change = useMutation({
    mutationFn: () => api('changePassword', { body: hasPassword ? values : { newPassword: values.newPassword } }),
    onSuccess: async () => {
      setValues({ currentPassword: '', newPassword: '' });
      showToast('Password changed. All other sessions have ended.');
      await queryClient.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
  const fields = fieldErrors(change.error);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Section title="Password">
      <form onSubmit={submit} className="card flex flex-col gap-4 p-5">
        <input type="email" name="email" value={email} autoComplete="username" readOnly hidden />
        {hasPassword ? (
          <TextField
            label="Current password"
            type="password"
            required
            autoComplete="current-password"
            value={values.currentPassword}
            onChange={(event) => setValues({ ...values, currentPassword: event.target.value })}
            error={fields['currentPassword']}
          />
        ) : null}
        <TextField
          label="New password"
          type="password"
          required
          minLength={8}
          autoComplete="new-password"
          value={values.newPassword}
          onChange={(event) => setValues({ ...values, newPassword: event.target.value })}
          help="At least 8 characters."
          error={fields['newPassword']}
        />
        {change.error && Object.keys(fields).length === 0 ? <Notice tone="danger">{messageOf(change.error)}</Notice> : null}
        <div className="flex justify-end">
          <Button type="submit" variant="primary" isBusy={change.isPending}>
            {hasPassword ? 'Change password' : 'Set password'}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function Sessions() {
  const { data, error, isPending } = useQuery({ queryKey: ['sessions'], queryFn: async () => (await api('listSessions')).data });
  const revoke = useMutation({
    mutationFn: (id: string) => api('revokeSession', { params: { id } }),
    onSuccess: () => showToast('That session has ended.'),
    onError: (failure) => showToast(messageOf(failure), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const hasOthers = data?.some((session) => !session.current) === true;
  return (
    <Section title="Sessions" description="End those you don't know." actions={hasOthers ? <SignOutElsewhere /> : undefined}>
      {isPending ? <SkeletonRows rows={2} /> : null}
      {error ? <Notice tone="danger">{messageOf(error)}</Notice> : null}
      {data ? (
        <ul className="card divide-y divide-separator">
          {data.map((session) => (
            <li key={session.id} className="flex flex-wrap items-center gap-3 px-4 py-3 text-sm">
              <Laptop size={17} className="text-muted" aria-hidden />
              <span className="min-w-0 flex-1">
                <span className="block truncate">{describeAgent(session.userAgent)}</span>
                <span className="block truncate text-xs text-muted">
                  {session.ip ?? 'unknown address'} · last used <Time at={session.lastUsedAt} />
                </span>
              </span>
              {session.current ? (
                <Badge tone="success">this one</Badge>
              ) : (
                <Button size="sm" onClick={() => revoke.mutate(session.id)}>
                  End
                </Button>
              )}
            </li>
          ))}
        </ul>
      ) : null}
    </Section>
  );
}

/** Ends all other sessions, for who left one open somewhere. */
function SignOutElsewhere() {
  const end = useMutation({
    mutationFn: async () => (await api('revokeOtherSessions')).data.ended,
    onSuccess: (ended) => showToast(ended === 1 ? 'One other session has ended.' : `${ended} other sessions have ended.`),
    onError: (failure) => showToast(messageOf(failure), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['sessions'] }),
  });
  return (
    <Button size="sm" isBusy={end.isPending} onClick={() => end.mutate()}>
      Sign out everywhere else
    </Button>
  );
}

/** "Firefox on Linux"; the whole string where nothing is recognised. */
export function describeAgent(agent: string | null): string {
  if (!agent) return 'Unknown browser';
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => agent.includes(`${name}/`));
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'].find((name) => agent.includes(name));
  const words: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'macOS' };
  if (!browser) return agent.slice(0, 80);
  return `${words[browser] ?? browser}${system ? ` on ${words[system] ?? system}` : ''}`;
}
