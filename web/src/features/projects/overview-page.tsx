/** The start of a project: what is going on, and the next step for who has just made it. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MessageSquarePlus, MessagesSquare, ScrollText } from 'lucide-react';
import { promptsQuery } from '../../platform/queries.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ItemList } from '../../ui/item-list.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { threadsQuery } from '../chat/thread-queries.ts';
import { membersQuery, useProject } from './project.ts';

export function OverviewPage() {
  const project = useProject();
  const params = { project: project.slug };
  const actions = (
    <Link to="/p/$project/chat" params={params} className={buttonClass('primary')}>
      <MessageSquarePlus size={16} aria-hidden /> New chat
    </Link>
  );
  return (
    <Page title={project.name} description={project.description || undefined} actions={actions}>
      <div className="grid gap-6 md:grid-cols-2">
        <Threads />
        <Prompts />
      </div>
      <Members />
    </Page>
  );
}

const cardList = 'card divide-y divide-separator';
const cardRow = 'flex items-center gap-3 px-4 py-2.5 hover:bg-surface-secondary';

function Threads() {
  const project = useProject();
  const { data, isPending } = useQuery(threadsQuery(project.id, ''));
  const threads = data?.slice(0, 6) ?? [];
  return (
    <Section
      title="Threads"
      actions={
        <Link to="/p/$project/chat" params={{ project: project.slug }} className="text-link text-[0.8125rem]">
          All threads
        </Link>
      }
    >
      {isPending ? <SkeletonRows rows={3} /> : null}
      {data?.length === 0 ? (
        <EmptyState
          icon={MessagesSquare}
          title="Nobody has said anything yet"
          action={
            <Link to="/p/$project/chat" params={{ project: project.slug }} className={buttonClass('secondary')}>
              Start a chat
            </Link>
          }
        >
          Ask something; the assistant answers as this project’s active prompt says.
        </EmptyState>
      ) : null}
      {threads.length > 0 ? (
        <ItemList className={cardList}>
          {threads.map((thread) => (
            <li key={thread.id}>
              <Link
                data-item
                to="/p/$project/chat/$thread"
                params={{ project: project.slug, thread: thread.id }}
                className={cardRow}
              >
                <span className="min-w-0 flex-1 truncate">{thread.title || 'Untitled'}</span>
                <Time at={thread.lastMessageAt} className="text-xs text-muted" />
              </Link>
            </li>
          ))}
        </ItemList>
      ) : null}
    </Section>
  );
}

function Prompts() {
  const project = useProject();
  const { data, isPending } = useQuery(promptsQuery(project.id));
  const params = { project: project.slug };
  return (
    <Section
      title="Prompts"
      actions={
        <Link to="/p/$project/prompts" params={params} className="text-link text-[0.8125rem]">
          All prompts
        </Link>
      }
    >
      {isPending ? <SkeletonRows rows={3} /> : null}
      {data?.length === 0 ? (
        <EmptyState
          icon={ScrollText}
          title="Write the first prompt"
          action={
            <Link to="/p/$project/prompts" params={params} search={{ new: true }} className={buttonClass('secondary')}>
              New prompt
            </Link>
          }
        >
          A prompt says who the assistant is and what it knows. The first becomes the active one.
        </EmptyState>
      ) : null}
      {data && data.length > 0 ? (
        <ItemList className={cardList}>
          {data.slice(0, 6).map((prompt) => (
            <li key={prompt.id}>
              <Link data-item to="/p/$project/prompts/$prompt" params={{ ...params, prompt: prompt.id }} className={cardRow}>
                <span className="min-w-0 flex-1 truncate">{prompt.title}</span>
                {prompt.active ? <Badge tone="success">active</Badge> : null}
                <span className="text-xs text-muted">v{prompt.latestVersion}</span>
              </Link>
            </li>
          ))}
        </ItemList>
      ) : null}
    </Section>
  );
}

function Members() {
  const project = useProject();
  const { data } = useQuery(membersQuery(project.id));
  if (!data) return null;
  return (
    <Link
      to="/p/$project/members"
      params={{ project: project.slug }}
      className="card flex items-center gap-3 px-4 py-3 hover:bg-surface-secondary"
    >
      <span className="flex -space-x-1.5">
        {data.slice(0, 6).map((member) => (
          <Avatar key={member.id} name={member.user?.name ?? '?'} image={member.user?.image} size={26} />
        ))}
      </span>
      <span className="text-sm">{data.length === 1 ? 'Only you, so far' : `${data.length} members`}</span>
      <span className="flex-1" />
      <span className="text-[0.8125rem] text-muted">Invite and manage</span>
    </Link>
  );
}
