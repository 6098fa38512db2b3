/** The prompts of a project; one of them is active. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { CircleCheck, MessageSquarePlus, MoreHorizontal, Plus, ScrollText, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { promptsQuery, type Project, type PromptRow } from '../../platform/queries.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ItemList } from '../../ui/item-list.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { canWrite, useOwnRole, useProject } from '../projects/project.ts';
import { useDoomed } from '../shell/delete-later.ts';
import { NewPromptDialog } from './new-prompt-dialog.tsx';
import { activatePrompt, deletePromptLater } from './prompt-queries.ts';

export function PromptsPage() {
  const project = useProject();
  const mayWrite = canWrite(useOwnRole(project.id));
  const isAsked = useSearch({ strict: false, select: (search) => search.new === true });
  const [isCreating, setCreating] = useState(isAsked);
  const { data: all, error, isPending, refetch } = useQuery(promptsQuery(project.id));
  const doomed = useDoomed();
  const data = all?.filter(({ id }) => !doomed.has(id));
  const create = mayWrite ? (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus size={16} aria-hidden /> New prompt
    </Button>
  ) : undefined;
  return (
    <Page
      title="Prompts"
      description="A prompt says how an assistant behaves. The active one answers unless another is chosen."
      actions={create}
    >
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
      {data?.length === 0 ? (
        <EmptyState icon={ScrollText} title="Write the first prompt" action={create}>
          Say who the assistant is, what it knows and how it answers. Put what changes into {'{{variables}}'}.
        </EmptyState>
      ) : null}
      {data && data.length > 0 ? (
        <ItemList className="card divide-y divide-separator" aria-label="Prompts">
          {data.map((prompt) => (
            <PromptItem key={prompt.id} prompt={prompt} project={project} mayWrite={mayWrite} />
          ))}
        </ItemList>
      ) : null}
      <NewPromptDialog project={project} isOpen={isCreating && mayWrite} onClose={() => setCreating(false)} />
    </Page>
  );
}

function PromptItem({ prompt, project, mayWrite }: { prompt: PromptRow; project: Project; mayWrite: boolean }) {
  const navigate = useNavigate();
  const actions = [
    {
      id: 'try',
      label: 'Try it in a chat',
      icon: MessageSquarePlus,
      run: () => void navigate({ to: '/p/$project/chat', params: { project: project.slug }, search: { prompt: prompt.id } }),
    },
    ...(mayWrite && !prompt.active
      ? [{ id: 'activate', label: 'Make active', icon: CircleCheck, run: () => void activatePrompt(prompt.id) }]
      : []),
    ...(mayWrite
      ? [{ id: 'delete', label: 'Delete', icon: Trash2, tone: 'danger' as const, run: () => deletePromptLater(prompt) }]
      : []),
  ];
  return (
    <li className="flex items-center gap-1 pr-2 first:rounded-t-xl last:rounded-b-xl hover:bg-surface-secondary">
      <Link
        data-item
        to="/p/$project/prompts/$prompt"
        params={{ project: project.slug, prompt: prompt.id }}
        className="flex min-w-0 flex-1 items-center gap-3 rounded-lg px-4 py-3"
      >
        <ScrollText size={17} className="shrink-0 text-muted" aria-hidden />
        <span className="min-w-0 flex-1 truncate font-medium">{prompt.title}</span>
        {prompt.active ? <Badge tone="success">active</Badge> : null}
        <span className="text-xs text-muted">v{prompt.latestVersion}</span>
        <Time at={prompt.updatedAt} className="hidden text-xs text-muted sm:block" />
      </Link>
      <Menu label={`Actions for ${prompt.title}`} actions={actions}>
        <MoreHorizontal size={16} aria-hidden />
      </Menu>
    </li>
  );
}
