/** Who belongs to a project, in which role, and who is invited. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ShieldCheck, UserPlus, X } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { createRecord, deleteRecord, listRecords, updateRecord, type BaseRecord } from '../../platform/records.ts';
import { useAccount } from '../../platform/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass, IconButton } from '../../ui/button.tsx';
import { SelectField, type Option } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { showToast, showUndo } from '../../ui/toast.tsx';
import { InviteDialog } from '../identity/invite-dialog.tsx';
import { canManage, membersQuery, useOwnRole, useProject, type MemberRow, type ProjectRole } from './project.ts';

const roles = [
  { value: 'owner', label: 'Owner' },
  { value: 'admin', label: 'Admin' },
  { value: 'member', label: 'Member' },
  { value: 'viewer', label: 'Viewer' },
];
const invitableRoles = roles.filter(({ value }) => value !== 'owner');

export function MembersPage() {
  const project = useProject();
  const role = useOwnRole(project.id);
  const [isInviting, setInviting] = useState(false);
  const { data, isPending, error } = useQuery(membersQuery(project.id));
  const actions = (
    <>
      <Link to="/p/$project/roles" params={{ project: project.slug }} className={buttonClass('secondary')}>
        <ShieldCheck size={15} aria-hidden /> Roles
      </Link>
      {canManage(role) ? (
        <Button variant="primary" onClick={() => setInviting(true)}>
          <UserPlus size={16} aria-hidden /> Invite
        </Button>
      ) : null}
    </>
  );
  return (
    <Page title="Members" description={project.name} actions={actions}>
      {isPending ? <SkeletonRows /> : null}
      {error && !data ? <Notice tone="danger">{messageOf(error)}</Notice> : null}
      {data ? (
        <ul className="card divide-y divide-separator" aria-label="Members">
          {data.map((member) => (
            <Member key={member.id} member={member} ownRole={role} />
          ))}
        </ul>
      ) : null}
      {canManage(role) ? <OpenInvitations projectId={project.id} /> : null}
      <InviteDialog
        isOpen={isInviting}
        onClose={() => setInviting(false)}
        title={`Invite to ${project.name}`}
        roles={invitableRoles}
        defaultRole="member"
        send={async (email, chosen) => {
          const { data: sent } = await api('inviteToProject', {
            params: { id: project.id },
            body: { email, role: chosen as 'admin' | 'member' | 'viewer' },
          });
          await queryClient.invalidateQueries({ queryKey: ['invitations', project.id] });
          return sent;
        }}
      />
    </Page>
  );
}

function Member({ member, ownRole }: { member: MemberRow; ownRole: ProjectRole | undefined }) {
  const account = useAccount();
  const isSelf = member.userId === account.id;
  const name = member.user?.name ?? 'Unknown';
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['members', member.projectId] });
  const remove = useMutation({
    mutationFn: () => deleteRecord('members', member.id),
    onSuccess: () =>
      isSelf
        ? showToast('You left the project.')
        : showUndo(
            `Removed ${name}.`,
            () =>
              void createRecord('members', { projectId: member.projectId, userId: member.userId, role: member.role }).then(
                refresh,
                (error: unknown) => showToast(messageOf(error), { tone: 'danger' }),
              ),
          ),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: refresh,
  });
  const mayChange = canManage(ownRole) && (ownRole === 'owner' || member.role !== 'owner');
  return (
    <li className="flex flex-wrap items-center gap-3 px-4 py-2.5">
      <Avatar name={name} image={member.user?.image} size={30} />
      <span className="min-w-0 flex-1 truncate">
        {name} {isSelf ? <span className="text-muted">(you)</span> : null}
      </span>
      <Time at={member.createdAt} className="hidden text-xs text-muted md:block" />
      {mayChange ? (
        <RoleField member={member} name={name} options={ownRole === 'owner' ? roles : invitableRoles} />
      ) : (
        <Badge>{member.role}</Badge>
      )}
      {mayChange || isSelf ? (
        <IconButton
          label={isSelf ? 'Leave the project' : `Remove ${name}`}
          size="sm"
          isBusy={remove.isPending}
          onClick={() => remove.mutate()}
        >
          <X size={15} aria-hidden />
        </IconButton>
      ) : null}
    </li>
  );
}

function RoleField({ member, name, options }: { member: MemberRow; name: string; options: readonly Option[] }) {
  const change = useMutation({
    mutationFn: (role: string) => updateRecord('members', member.id, { role }),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['members', member.projectId] }),
  });
  return (
    <div className="w-36">
      <SelectField
        label={`Role of ${name}`}
        hideLabel
        options={options}
        value={change.isPending ? change.variables : member.role}
        onChange={(event) => change.mutate(event.target.value)}
      />
    </div>
  );
}

interface InvitationRow extends BaseRecord {
  email: string;
  role: string;
  expiresAt: string;
  acceptedAt: string | null;
}

function OpenInvitations({ projectId }: { projectId: string }) {
  const { data } = useQuery({
    queryKey: ['invitations', projectId],
    queryFn: async () =>
      (
        await listRecords<InvitationRow>('invitations', {
          filter: { projectId: { _eq: projectId }, acceptedAt: { _null: true } },
          limit: 200,
        })
      ).data,
  });
  const revoke = useMutation({
    mutationFn: (id: string) => deleteRecord('invitations', id),
    onSuccess: () => showToast('Invitation withdrawn.'),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['invitations', projectId] }),
  });
  if (!data || data.length === 0) return null;
  return (
    <Section title="Open invitations">
      <ul className="card divide-y divide-separator">
        {data.map((invitation) => (
          <li key={invitation.id} className="flex items-center gap-3 px-4 py-2.5 text-sm">
            <span className="min-w-0 flex-1 truncate">{invitation.email}</span>
            <Badge>{invitation.role}</Badge>
            <span className="hidden text-xs text-muted sm:block">
              expires <Time at={invitation.expiresAt} />
            </span>
            <IconButton
              label={`Withdraw the invitation of ${invitation.email}`}
              size="sm"
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
