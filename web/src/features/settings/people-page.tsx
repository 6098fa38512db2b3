/** For owners and administrators: who has an account, in which role, and how others may get one. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { MoreHorizontal, UserPlus, UserRoundCheck, UserRoundX, X } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { deleteRecord, listRecords, updateRecord, type BaseRecord } from '../../platform/records.ts';
import { useAccount } from '../../platform/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { showToast, showUndo } from '../../ui/toast.tsx';
import { InviteDialog } from '../identity/invite-dialog.tsx';
import { SettingsLayout } from './settings-layout.tsx';

type Role = 'OWNER' | 'ADMIN' | 'MEMBER';

interface UserRow extends BaseRecord {
  name: string;
  email: string | null;
  image: string | null;
  role: Role;
  disabledAt: string | null;
}

const usersQuery = (search: string) => ({
  queryKey: ['users', search],
  queryFn: async () =>
    (await listRecords<UserRow>('users', { fields: '*', sort: 'name', limit: 500, search: search || undefined })).data,
});

export function PeoplePage() {
  const account = useAccount();
  const [search, setSearch] = useState('');
  const [isInviting, setInviting] = useState(false);
  const users = useQuery(usersQuery(search));
  if (account.role === 'MEMBER') {
    return (
      <SettingsLayout title="People">
        <Notice>Only owners and administrators of this server see this.</Notice>
      </SettingsLayout>
    );
  }
  return (
    <SettingsLayout title="People" description="Who has an account on this server.">
      <Registration />
      <Section
        title="Accounts"
        actions={
          <Button variant="primary" onClick={() => setInviting(true)}>
            <UserPlus size={16} aria-hidden /> Invite
          </Button>
        }
      >
        <TextField
          label="Find somebody"
          hideLabel
          type="search"
          placeholder="Find somebody"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        {users.isPending ? <SkeletonRows rows={4} /> : null}
        {users.error ? <Notice tone="danger">{messageOf(users.error)}</Notice> : null}
        {users.data?.length === 0 ? <p className="text-sm text-muted">Nobody matches “{search}”.</p> : null}
        {users.data && users.data.length > 0 ? (
          <ul className="card divide-y divide-separator" aria-label="Accounts">
            {users.data.map((user) => (
              <UserItem key={user.id} user={user} />
            ))}
          </ul>
        ) : null}
      </Section>
      <InstanceInvitations />
      <InviteDialog
        title="Invite to this server"
        isOpen={isInviting}
        onClose={() => setInviting(false)}
        roles={[
          { value: 'MEMBER', label: 'Member' },
          { value: 'ADMIN', label: 'Administrator' },
        ]}
        defaultRole="MEMBER"
        send={async (email, role) => {
          const { data } = await api('inviteToInstance', { body: { email, role: role as 'ADMIN' | 'MEMBER' } });
          await queryClient.invalidateQueries({ queryKey: ['invitations', 'instance'] });
          return data;
        }}
      />
    </SettingsLayout>
  );
}

const modes = [
  { value: 'open', label: 'Anybody may register' },
  { value: 'invitation', label: 'By invitation only' },
  { value: 'closed', label: 'Closed' },
];

function Registration() {
  const { data } = useQuery({ queryKey: ['settings'], queryFn: async () => (await api('readSettings')).data });
  const change = useMutation({
    mutationFn: (registration: string) =>
      api('updateSettings', { body: { registration: registration as 'open' | 'invitation' | 'closed' } }),
    onSuccess: () => showToast('Saved.'),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['settings'] }),
  });
  if (!data) return null;
  return (
    <Section title="Registration">
      <div className="max-w-xs">
        <SelectField
          label="New accounts"
          hideLabel
          options={modes}
          value={change.isPending ? change.variables : data.registration}
          onChange={(event) => change.mutate(event.target.value)}
        />
      </div>
    </Section>
  );
}

const roleOptions = [
  { value: 'OWNER', label: 'Owner' },
  { value: 'ADMIN', label: 'Admin' },
  { value: 'MEMBER', label: 'Member' },
];

function UserItem({ user }: { user: UserRow }) {
  const account = useAccount();
  const isSelf = user.id === account.id;
  const change = useMutation({
    mutationFn: (values: { role?: Role; disabledAt?: string | null }) => updateRecord('users', user.id, values),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['users'] }),
  });
  const setDisabled = async (disabled: boolean): Promise<void> => {
    await change.mutateAsync({ disabledAt: disabled ? new Date().toISOString() : null });
    if (disabled) showUndo(`${user.name} can no longer sign in.`, () => void setDisabled(false));
    else showToast(`${user.name} can sign in again.`);
  };
  const actions = user.disabledAt
    ? [{ id: 'enable', label: 'Let them sign in again', icon: UserRoundCheck, run: () => void setDisabled(false) }]
    : [
        {
          id: 'disable',
          label: 'Disable the account',
          icon: UserRoundX,
          tone: 'danger' as const,
          run: () => void setDisabled(true),
        },
      ];
  const mayChange = !isSelf && (account.role === 'OWNER' || user.role !== 'OWNER');
  return (
    <li className="flex flex-wrap items-center gap-3 px-4 py-2.5 text-sm">
      <Avatar name={user.name} image={user.image} size={30} />
      <span className="min-w-0 flex-1 basis-40">
        <span className="block truncate font-medium">
          {user.name} {isSelf ? <span className="font-normal text-muted">(you)</span> : null}
        </span>
        <span className="block truncate text-xs text-muted">{user.email}</span>
      </span>
      {user.disabledAt ? <Badge tone="danger">disabled</Badge> : null}
      {mayChange ? (
        <div className="w-36">
          <SelectField
            label={`Role of ${user.name}`}
            hideLabel
            options={account.role === 'OWNER' ? roleOptions : roleOptions.slice(1)}
            value={(change.isPending ? change.variables.role : undefined) ?? user.role}
            onChange={(event) => change.mutate({ role: event.target.value as Role })}
          />
        </div>
      ) : (
        <Badge>{user.role.toLowerCase()}</Badge>
      )}
      {mayChange ? (
        <Menu label={`Actions for ${user.name}`} actions={actions}>
          <MoreHorizontal size={16} aria-hidden />
        </Menu>
      ) : null}
    </li>
  );
}

interface InvitationRow extends BaseRecord {
  email: string;
  role: string;
  expiresAt: string;
}

function InstanceInvitations() {
  const { data } = useQuery({
    queryKey: ['invitations', 'instance'],
    queryFn: async () =>
      (
        await listRecords<InvitationRow>('invitations', {
          filter: { projectId: { _null: true }, acceptedAt: { _null: true } },
          limit: 200,
        })
      ).data,
  });
  const revoke = useMutation({
    mutationFn: (id: string) => deleteRecord('invitations', id),
    onSuccess: () => showToast('Invitation withdrawn.'),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['invitations', 'instance'] }),
  });
  if (!data || data.length === 0) return null;
  return (
    <Section title="Open invitations">
      <ul className="card divide-y divide-separator">
        {data.map((invitation) => (
          <li key={invitation.id} className="flex items-center gap-3 px-4 py-2.5 text-sm">
            <span className="min-w-0 flex-1 truncate">{invitation.email}</span>
            <Badge>{invitation.role.toLowerCase()}</Badge>
            <span className="hidden text-xs text-muted sm:block">
              expires <Time at={invitation.expiresAt} />
            </span>
            <IconButton
              size="sm"
              label={`Withdraw the invitation of ${invitation.email}`}
              onClick={() => revoke.mutate(invitation.id)}
            >
              <X size={15} aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
    </Section>
  );
}
