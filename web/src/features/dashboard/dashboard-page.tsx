/** The first screen after signing in: where one left off, what is running, whether all is well. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Activity, FolderKanban, MessagesSquare, Plus } from 'lucide-react';
import { useState } from 'react';
import { request } from '../../platform/http.ts';
import { openRunsQuery, projectsQuery, recentThreadsQuery, type Project } from '../../platform/queries.ts';
import { useAccount } from '../../platform/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ItemList } from '../../ui/item-list.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { NewProjectDialog } from '../projects/new-project-dialog.tsx';

export function DashboardPage() {
  const account = useAccount();
  const [isCreating, setCreating] = useState(false);
  const projects = useQuery(projectsQuery);
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus size={16} aria-hidden /> New project
    </Button>
  );
  const isNew = projects.data?.length === 0;
  return (
    <Page
      title={`Hello, ${account.name.split(/\s+/)[0] ?? account.name}`}
      description={isNew ? 'Three steps and you are talking: a project, a prompt, a chat.' : undefined}
      actions={isNew ? undefined : create}
    >
      {isNew ? (
        <EmptyState icon={FolderKanban} title="Make your first project" action={create}>
          A project holds prompts, conversations and files, and the people who work on them.
        </EmptyState>
      ) : (
        <div className="grid gap-6 lg:grid-cols-[3fr_2fr]">
          <RecentThreads projects={projects.data ?? []} />
          <RecentProjects projects={projects.data} />
        </div>
      )}
      <div className="grid gap-6 lg:grid-cols-[3fr_2fr]">
        <OpenRuns projects={projects.data ?? []} />
        <Health />
      </div>
      <NewProjectDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function RecentThreads({ projects }: { projects: readonly Project[] }) {
  const { data, isPending } = useQuery(recentThreadsQuery);
  return (
    <Section title="Recent threads">
      {isPending ? <SkeletonRows rows={4} /> : null}
      {data?.length === 0 ? (
        <EmptyState icon={MessagesSquare} title="No threads yet">
          Open a project and ask its assistant something.
        </EmptyState>
      ) : null}
      {data && data.length > 0 ? (
        <ItemList className="card divide-y divide-separator">
          {data.map((thread) => {
            const project = projects.find(({ id }) => id === thread.projectId);
            return (
              <li key={thread.id}>
                <Link
                  data-item
                  to="/p/$project/chat/$thread"
                  params={{ project: project?.slug ?? thread.projectId, thread: thread.id }}
                  className="flex items-center gap-3 px-4 py-2.5 hover:bg-surface-secondary"
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate">{thread.title || 'Untitled'}</span>
                    <span className="block truncate text-xs text-muted">{project?.name ?? ''}</span>
                  </span>
                  <Time at={thread.lastMessageAt} className="text-xs text-muted" />
                </Link>
              </li>
            );
          })}
        </ItemList>
      ) : null}
    </Section>
  );
}

function RecentProjects({ projects }: { projects: readonly Project[] | undefined }) {
  return (
    <Section
      title="Projects"
      actions={
        <Link to="/projects" className="text-link text-[0.8125rem]">
          All projects
        </Link>
      }
    >
      {!projects ? <SkeletonRows rows={4} /> : null}
      <ItemList className="grid gap-2">
        {projects?.slice(0, 5).map((project) => (
          <li key={project.id}>
            <Link
              data-item
              to="/p/$project"
              params={{ project: project.slug }}
              className="card flex items-center gap-3 px-3 py-2.5 hover:bg-surface-secondary"
            >
              <Avatar name={project.name} shape="square" size={30} />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{project.name}</span>
                <span className="block truncate text-xs text-muted">{project.description || 'No description'}</span>
              </span>
            </Link>
          </li>
        ))}
      </ItemList>
    </Section>
  );
}

const runWords: Record<string, string> = { turn: 'Answer' };

function OpenRuns({ projects }: { projects: readonly Project[] }) {
  const { data } = useQuery({ ...openRunsQuery, refetchInterval: 10_000 });
  return (
    <Section title="Runs in progress">
      {!data ? <SkeletonRows rows={1} /> : null}
      {data?.length === 0 ? <p className="card px-4 py-3 text-sm text-muted">Nothing is running.</p> : null}
      {data && data.length > 0 ? (
        <ul className="card divide-y divide-separator">
          {data.map((run) => (
            <li key={run.id} className="flex items-center gap-3 px-4 py-2.5 text-sm">
              <Activity size={15} className="text-muted" aria-hidden />
              <Link to="/m/$model/$id" params={{ model: 'runs', id: run.id }} className="min-w-0 flex-1 truncate">
                {runWords[run.kind] ?? run.kind}{' '}
                <span className="text-muted">{projects.find(({ id }) => id === run.projectId)?.name}</span>
              </Link>
              <Badge tone="accent">{run.status}</Badge>
              <Time at={run.createdAt} className="text-xs text-muted" />
            </li>
          ))}
        </ul>
      ) : null}
    </Section>
  );
}

interface HealthReply {
  status: string;
  database?: unknown;
  version?: string;
}

function Health() {
  const { data, error } = useQuery({
    queryKey: ['health'],
    queryFn: () => request<HealthReply>('GET', '/health', { isPublic: true }),
    refetchInterval: 30_000,
    retry: false,
  });
  const isWell = data?.status === 'ok' && !error;
  const isKnown = data !== undefined || error !== null;
  return (
    <Section title="Health">
      <div className="card flex items-center gap-3 px-4 py-3 text-sm">
        <span className={`size-2 rounded-full ${!isKnown ? 'bg-muted' : isWell ? 'bg-success' : 'bg-danger'}`} aria-hidden />
        <span className="flex-1">
          {!isKnown
            ? 'Checking…'
            : isWell
              ? 'Server and database answer.'
              : 'The server reports a problem. What you see may be out of date.'}
        </span>
        {data?.version ? <span className="text-xs text-muted">{data.version}</span> : null}
      </div>
    </Section>
  );
}
