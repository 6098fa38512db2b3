/** All projects one belongs to. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { FolderKanban, MoreHorizontal, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { projectsQuery, type Project } from '../../platform/queries.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { ItemList } from '../../ui/item-list.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Page } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { QueryView } from '../shell/query-view.tsx';
import { NewProjectDialog } from './new-project-dialog.tsx';
import { deleteProject } from './project-actions.ts';

export function ProjectsPage() {
  const projects = useQuery(projectsQuery);
  const [isCreating, setCreating] = useState(false);
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus size={16} aria-hidden /> New project
    </Button>
  );
  return (
    <Page title="Projects" description="Each project holds its prompts, threads, files and members." actions={create}>
      <QueryView query={projects}>
        {(list) =>
          list.length > 0 ? (
            <ProjectList projects={list} />
          ) : (
            <EmptyState icon={FolderKanban} title="Make your first project" action={create}>
              Give it a name, write a prompt that says how its assistant behaves, and start talking.
            </EmptyState>
          )
        }
      </QueryView>
      <NewProjectDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function ProjectList({ projects }: { projects: readonly Project[] }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const shown = projects.filter((project) => `${project.name} ${project.description}`.toLowerCase().includes(wanted));
  return (
    <>
      {projects.length > 6 ? (
        <TextField
          label="Find a project"
          hideLabel
          placeholder="Find a project"
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="max-w-xs"
        />
      ) : null}
      {shown.length > 0 ? (
        <ItemList className="card divide-y divide-separator" aria-label="Projects">
          {shown.map((project) => (
            <ProjectRow key={project.id} project={project} />
          ))}
        </ItemList>
      ) : (
        <p className="text-sm text-muted">No project matches “{text}”.</p>
      )}
    </>
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
