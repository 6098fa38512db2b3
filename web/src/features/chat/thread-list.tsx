/** The threads of a project: search, rename, delete with undo. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { MessageSquarePlus, MoreHorizontal, Pencil, Trash2 } from 'lucide-react';
import { useDeferredValue, useState, type KeyboardEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import type { Project, ThreadRow } from '../../platform/queries.ts';
import { deleteRecord, updateRecord } from '../../platform/records.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { ItemNav } from '../../ui/item-list.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { showToast, showUndo } from '../../ui/toast.tsx';
import { threadsQuery } from './thread-queries.ts';

interface ThreadListProps {
  project: Project;
  threadId: string | undefined;
  onChoose?: () => void;
}

export function ThreadList({ project, threadId, onChoose }: ThreadListProps) {
  const [text, setText] = useState('');
  const [limit, setLimit] = useState(100);
  const search = useDeferredValue(text.trim());
  const { data, error, isPending } = useQuery(threadsQuery(project.id, search, limit));
  return (
    <div className="flex h-full flex-col">
      <div className="flex flex-col gap-2 p-3">
        <Link
          to="/p/$project/chat"
          params={{ project: project.slug }}
          onClick={() => onChoose?.()}
          className={buttonClass('secondary', 'md', 'w-full')}
        >
          <MessageSquarePlus size={16} aria-hidden /> New chat
        </Link>
        <TextField
          label="Search threads"
          hideLabel
          type="search"
          placeholder="Search threads"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <ItemNav aria-label="Threads" className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
        {isPending ? <SkeletonRows rows={6} /> : null}
        {error && !data ? <Notice tone="danger">{messageOf(error)}</Notice> : null}
        {data?.length === 0 ? (
          <p className="px-2 py-3 text-[0.8125rem] text-muted">
            {search ? `No thread matches “${search}”.` : 'Threads appear here once you have said something.'}
          </p>
        ) : null}
        {groupByAge(data ?? []).map(([name, threads]) => (
          <section key={name} aria-label={name}>
            <h2 className="px-2 pt-3 pb-1 text-xs font-medium text-muted">{name}</h2>
            <ul className="flex flex-col gap-px">
              {threads.map((thread) => (
                <ThreadItem key={thread.id} {...{ thread, project, isOpen: thread.id === threadId }} onChoose={onChoose} />
              ))}
            </ul>
          </section>
        ))}
        {data && data.length >= limit && limit < 1000 ? (
          <Button size="sm" variant="ghost" className="mt-2 w-full" onClick={() => setLimit(1000)}>
            Show older threads
          </Button>
        ) : null}
      </ItemNav>
    </div>
  );
}

/** Today, yesterday, the last week, before. */
function groupByAge(threads: readonly ThreadRow[]): [string, ThreadRow[]][] {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const day = 24 * 3600 * 1000;
  const nameOf = ({ lastMessageAt }: ThreadRow): string => {
    const at = Date.parse(lastMessageAt);
    if (at >= midnight) return 'Today';
    if (at >= midnight - day) return 'Yesterday';
    return at >= midnight - 7 * day ? 'Last 7 days' : 'Older';
  };
  return [...Map.groupBy(threads, nameOf)];
}

function ThreadItem({
  thread,
  project,
  isOpen,
  onChoose,
}: {
  thread: ThreadRow;
  project: Project;
  isOpen: boolean;
  onChoose: (() => void) | undefined;
}) {
  const [isRenaming, setRenaming] = useState(false);
  const navigate = useNavigate();
  const leave = async (): Promise<void> => {
    if (isOpen) await navigate({ to: '/p/$project/chat', params: { project: project.slug } });
    const comeBack = (): Promise<void> =>
      navigate({ to: '/p/$project/chat/$thread', params: { project: project.slug, thread: thread.id } });
    await deleteThread(thread, isOpen ? comeBack : undefined);
  };
  if (isRenaming) return <RenameField thread={thread} onDone={() => setRenaming(false)} />;
  const actions = [
    { id: 'rename', label: 'Rename', icon: Pencil, run: () => setRenaming(true) },
    { id: 'delete', label: 'Delete', icon: Trash2, tone: 'danger' as const, run: () => void leave() },
  ];
  const title = thread.title || 'Untitled';
  return (
    <li className="group relative">
      <Link
        data-item
        to="/p/$project/chat/$thread"
        params={{ project: project.slug, thread: thread.id }}
        onClick={() => onChoose?.()}
        onKeyDown={(event) => {
          if (event.key === 'F2') setRenaming(true);
          if (event.key === 'Delete') void leave();
        }}
        className="row-link pr-9 text-[0.8438rem]"
      >
        <span className="truncate">{title}</span>
      </Link>
      <Menu
        label={`Actions for ${title}`}
        actions={actions}
        className="absolute top-0.5 right-0.5 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 pointer-coarse:opacity-100"
      >
        <MoreHorizontal size={15} aria-hidden />
      </Menu>
    </li>
  );
}

function RenameField({ thread, onDone }: { thread: ThreadRow; onDone: () => void }) {
  const save = async (value: string): Promise<void> => {
    onDone();
    const title = value.trim();
    if (title === '' || title === thread.title) return;
    queryClient.setQueriesData<ThreadRow[]>({ queryKey: ['threads'] }, (old) =>
      Array.isArray(old) ? old.map((row) => (row.id === thread.id ? { ...row, title } : row)) : old,
    );
    try {
      await updateRecord('threads', thread.id, { title });
    } catch (error) {
      showToast(messageOf(error), { tone: 'danger' });
    }
    await queryClient.invalidateQueries({ queryKey: ['threads'] });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') void save(event.currentTarget.value);
    if (event.key === 'Escape') onDone();
    event.stopPropagation();
  };
  return (
    <li>
      <input
        autoFocus
        aria-label="Title of the thread"
        defaultValue={thread.title}
        maxLength={200}
        onFocus={(event) => event.target.select()}
        onBlur={(event) => void save(event.target.value)}
        onKeyDown={onKeyDown}
        className="input"
      />
    </li>
  );
}

/** Deletes at once and offers to undo it, after which `onRestored` is called. */
async function deleteThread(thread: ThreadRow, onRestored?: () => Promise<void>): Promise<void> {
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['threads'] });
  queryClient.setQueriesData<ThreadRow[]>({ queryKey: ['threads'] }, (old) =>
    Array.isArray(old) ? old.filter(({ id }) => id !== thread.id) : old,
  );
  try {
    await deleteRecord('threads', thread.id);
    const restore = (): void => {
      api('restoreThread', { params: { id: thread.id } })
        .then(async () => {
          await Promise.all([refresh(), queryClient.invalidateQueries({ queryKey: ['messages', thread.id] })]);
          await onRestored?.();
        })
        .catch((error: unknown) => showToast(messageOf(error), { tone: 'danger' }));
    };
    showUndo(`Deleted “${thread.title || 'Untitled'}”.`, restore);
  } catch (error) {
    showToast(messageOf(error), { tone: 'danger' });
  }
  await refresh();
}
