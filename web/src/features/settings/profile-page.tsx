import type { Account } from '@piper/shared/identity';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { setAccount, useAccount } from '../../platform/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/toast.tsx';
import { SettingsLayout } from './settings-layout.tsx';

export function ProfilePage() {
  const account = useAccount();
  return (
    <SettingsLayout title="Profile" description="How others see you.">
      <div className="flex items-center gap-3">
        <Avatar name={account.name} image={account.image} size={44} />
        <div className="min-w-0">
          <p className="truncate font-medium">{account.name}</p>
          <p className="truncate text-sm text-muted">{account.email}</p>
        </div>
        <Badge tone="accent">{account.role.toLowerCase()}</Badge>
      </div>
      <ProfileForm key={account.id} account={account} />
    </SettingsLayout>
  );
}

function ProfileForm({ account }: { account: Account }) {
  const [values, setValues] = useState({ name: account.name, email: account.email, currentPassword: '' });
  const isNewEmail = values.email.trim() !== account.email;
  const save = useMutation({
    mutationFn: async () => {
      const email = isNewEmail ? { email: values.email.trim(), currentPassword: values.currentPassword } : {};
      return (await api('updateProfile', { body: { name: values.name.trim(), ...email } })).data;
    },
    onSuccess: (saved) => {
      setAccount(saved);
      showToast('Saved.');
    },
  });
  const fields = fieldErrors(save.error);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="card flex flex-col gap-4 p-5">
      <TextField
        label="Name"
        required
        maxLength={200}
        autoComplete="name"
        value={values.name}
        onChange={(event) => setValues({ ...values, name: event.target.value })}
        error={fields['name']}
      />
      <TextField
        label="E-mail"
        type="email"
        required
        autoComplete="username"
        value={values.email}
        onChange={(event) => setValues({ ...values, email: event.target.value })}
        error={fields['email']}
      />
      {isNewEmail && account.hasPassword ? (
        <TextField
          label="Current password"
          type="password"
          required
          autoComplete="current-password"
          value={values.currentPassword}
          onChange={(event) => setValues({ ...values, currentPassword: event.target.value })}
          help="Needed to change the e-mail address."
          error={fields['currentPassword']}
        />
      ) : null}
      {save.error && Object.keys(fields).length === 0 ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" isBusy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
