/** All projects one belongs to. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { FolderKanban, MoreHorizontal, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { projectsQuery, type Project } from '../../platform/queries.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { moveThroughList } from '../../ui/list-keys.ts';
import { Menu } from '../../ui/menu.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { NewProjectDialog } from './new-project-dialog.tsx';
import { deleteProject } from './project-actions.ts';

export function ProjectsPage() {
  const { data, error, isPending, refetch } = useQuery(projectsQuery);
  const [isCreating, setCreating] = useState(false);
  const [text, setText] = useState('');
  const shown = (data ?? []).filter((project) =>
    `${project.name} ${project.description}`.toLowerCase().includes(text.trim().toLowerCase()),
  );
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus size={16} aria-hidden /> New project
    </Button>
  );
  return (
    <Page title="Projects" description="Each project holds its prompts, threads, files and members." actions={create}>
      {isPending ? <SkeletonRows /> : null}
      {error && !data ? (
        <Notice
          tone="danger"
          action={
            <Button size="sm" onClick={() => void refetch()}>
              Try again
            </Button>
          }
        >
          {messageOf(error)}
        </Notice>
      ) : null}
      {data && data.length === 0 ? (
        <EmptyState icon={FolderKanban} title="Make your first project" action={create}>
          Give it a name, write a prompt that says how its assistant behaves, and start talking.
        </EmptyState>
      ) : null}
      {data && data.length > 6 ? (
        <TextField
          label="Find a project"
          hideLabel
          placeholder="Find a project"
          type="search"
          value={text}
          onChange={(e) => setText(e.target.value)}
          className="max-w-xs"
        />
      ) : null}
      {shown.length > 0 ? (
        <ul className="card divide-y divide-separator" aria-label="Projects" onKeyDown={moveThroughList}>
          {shown.map((project) => (
            <ProjectRow key={project.id} project={project} />
          ))}
        </ul>
      ) : null}
      {data && data.length > 0 && shown.length === 0 ? <p className="text-sm text-muted">No project matches “{text}”.</p> : null}
      <NewProjectDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function ProjectRow({ project }: { project: Project }) {
  const navigate = useNavigate();
  const actions = [
    {
      id: 'edit',
      label: 'Rename or describe',
      icon: Pencil,
      run: () => void navigate({ to: '/p/$project/settings', params: { project: project.slug } }),
    },
    { id: 'delete', label: 'Delete', icon: Trash2, tone: 'danger' as const, run: () => void deleteProject(project) },
  ];
  return (
    <li className="flex items-center gap-1 pr-2 first:rounded-t-xl last:rounded-b-xl hover:bg-surface-secondary">
      <Link
        to="/p/$project"
        params={{ project: project.slug }}
        data-item
        className="flex min-w-0 flex-1 items-center gap-3 rounded-lg px-4 py-3"
      >
        <Avatar name={project.name} shape="square" size={34} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{project.name}</span>
          <span className="block truncate text-[0.8125rem] text-muted">{project.description || 'No description'}</span>
        </span>
        <Time at={project.updatedAt} className="hidden text-xs text-muted sm:block" />
      </Link>
      <Menu label={`Actions for ${project.name}`} actions={actions}>
        <MoreHorizontal size={16} aria-hidden />
      </Menu>
    </li>
  );
}
