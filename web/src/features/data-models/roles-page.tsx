/** A project's own roles, which rules name, and who holds them. */
import type { CustomRole } from '@piper/shared/project-roles';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Pencil, Plus, ShieldCheck, Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { ApiError, fieldErrors, messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { updateRecord } from '../../platform/records.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextArea, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { showToast } from '../../ui/toast.tsx';
import { canManage, membersQuery, useOwnRole, useProject, type MemberRow } from '../projects/project.ts';
import { QueryView } from '../shell/query-view.tsx';
import { CheckList } from './check-list.tsx';
import { rolesQuery } from './roles.ts';

const tell = (error: Error): void => showToast(messageOf(error), { tone: 'danger' });
const refresh = async (): Promise<void> => {
  await Promise.all(
    ['roles', 'members', 'data-models', 'data-model'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
  );
};

export function RolesPage() {
  const project = useProject();
  const mayManage = canManage(useOwnRole(project.id));
  const [editing, setEditing] = useState<CustomRole | 'new'>();
  const query = useQuery(rolesQuery(project.slug));
  const add = mayManage ? (
    <Button variant="primary" onClick={() => setEditing('new')}>
      <Plus size={16} aria-hidden /> New role
    </Button>
  ) : undefined;
  const close = (): void => setEditing(undefined);
  return (
    <Page
      title="Roles"
      description="Beside owner, admin, member and viewer: roles of this project's own, which rules can name."
      actions={add}
    >
      <QueryView query={query}>
        {(roles) => (
          <>
            {roles.length === 0 ? (
              <EmptyState icon={ShieldCheck} title="No roles of its own yet" action={add}>
                For example support or accounting: give it to members, and say in the rules of a data model what it may do.
              </EmptyState>
            ) : null}
            <ul className="card divide-y divide-separator empty:hidden" aria-label="Roles">
              {roles.map((role) => (
                <Role key={role.id} project={project.slug} role={role} mayManage={mayManage} onEdit={() => setEditing(role)} />
              ))}
            </ul>
            {roles.length > 0 && mayManage ? <Holders projectId={project.id} roles={roles} /> : null}
          </>
        )}
      </QueryView>
      <Dialog title={editing === 'new' ? 'New role' : 'Role'} isOpen={editing !== undefined} onClose={close}>
        {editing ? <RoleForm project={project.slug} role={editing === 'new' ? undefined : editing} onClose={close} /> : null}
      </Dialog>
    </Page>
  );
}

interface RoleProps {
  project: string;
  role: CustomRole;
  mayManage: boolean;
  onEdit: () => void;
}

function Role({ project, role, mayManage, onEdit }: RoleProps) {
  const remove = useMutation({
    mutationFn: (detach: boolean) => api('deleteRole', { params: { project, role: role.id }, query: detach ? { detach } : {} }),
    onSuccess: () => showToast(`Deleted the role “${role.name}”.`),
    onError: (error) => {
      const isUsed = error instanceof ApiError && error.status === 409;
      if (!isUsed) return tell(error);
      showToast(error.message, { tone: 'danger', action: { label: 'Take it away everywhere', run: () => remove.mutate(true) } });
    },
    onSettled: refresh,
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
      <span className="min-w-0 flex-1 basis-40">
        <span className="block truncate font-medium">{role.name}</span>
        {role.description ? <span className="block truncate text-[0.8125rem] text-muted">{role.description}</span> : null}
      </span>
      <code className="text-xs text-muted">{role.key}</code>
      <Badge>{role.members === 1 ? '1 member' : `${role.members} members`}</Badge>
      {mayManage ? (
        <>
          <IconButton label={`Edit ${role.name}`} size="sm" onClick={onEdit}>
            <Pencil size={14} aria-hidden />
          </IconButton>
          <IconButton label={`Delete ${role.name}`} size="sm" isBusy={remove.isPending} onClick={() => remove.mutate(false)}>
            <Trash2 size={14} aria-hidden />
          </IconButton>
        </>
      ) : null}
    </li>
  );
}

function RoleForm({ project, role, onClose }: { project: string; role: CustomRole | undefined; onClose: () => void }) {
  const [name, setName] = useState(role?.name ?? '');
  const [description, setDescription] = useState(role?.description ?? '');
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), description: description.trim() };
      return role
        ? api('updateRole', { params: { project, role: role.id }, body })
        : api('createRole', { params: { project }, body });
    },
    onSuccess: async () => {
      onClose();
      await refresh();
    },
  });
  const errors = fieldErrors(save.error);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Name"
        required
        autoFocus
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={errors['name']}
      />
      <TextArea
        label="Description"
        rows={2}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
        error={errors['description']}
      />
      {save.error && Object.keys(errors).length === 0 ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending}>
          {role ? 'Save' : 'Create role'}
        </Button>
      </div>
    </form>
  );
}

function Holders({ projectId, roles }: { projectId: string; roles: readonly CustomRole[] }) {
  const query = useQuery(membersQuery(projectId));
  const give = useMutation({
    mutationFn: ({ member, held }: { member: MemberRow; held: string[] }) =>
      updateRecord('members', member.id, { roles: held }, member.version),
    onError: tell,
    onSettled: refresh,
  });
  // What was ticked shows at once; more only on what came back, since a list of roles is written whole.
  const heldBy = (member: MemberRow): string[] =>
    give.isPending && give.variables.member.id === member.id ? give.variables.held : (member.roles ?? []);
  const options = roles.map(({ key, name }) => ({ value: key, label: name }));
  return (
    <Section title="Who holds them">
      <QueryView query={query}>
        {(members) => (
          <ul className="card divide-y divide-separator" aria-label="Members and their roles">
            {members.map((member) => (
              <li key={member.id} className="px-4 py-2.5">
                <CheckList
                  legend={member.user?.name ?? 'Unknown'}
                  options={options}
                  value={heldBy(member)}
                  disabled={give.isPending}
                  onChange={(held) => give.mutate({ member, held })}
                />
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </Section>
  );
}
