/** One thread: its messages, and the field in which the next one is written. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { MessagesSquare } from 'lucide-react';
import { useCallback, useEffect, type ReactNode } from 'react';
import { ApiError, messageOf } from '../../platform/api-error.ts';
import { useTopics } from '../../platform/live.ts';
import { promptsQuery, type Project } from '../../platform/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { showToast } from '../../ui/toast.tsx';
import { Composer } from './composer.tsx';
import { ChatActions, type Actions } from './chat-actions.ts';
import { MessageList } from './message-list.tsx';
import { isWriting, regenerate, continueAnswer, sendMessage } from './send.ts';
import { useChoice } from './choice.ts';
import { branchQuery, refreshSoon, switchBranch, threadQuery, type ChatMessage } from './thread-queries.ts';
import { useTurn, watchTurn } from './turns.ts';

interface ConversationProps {
  project: Project;
  threadId: string | undefined;
  initialPrompt: string | undefined;
  onCreated: (threadId: string) => void;
  listButton: ReactNode;
}

/** The thread of the address as it was read so far, and the answer being written at its end. */
function useConversation(threadId: string | undefined) {
  const isThere = threadId !== undefined;
  const branch = useQuery({ ...branchQuery(threadId ?? ''), enabled: isThere });
  const thread = useQuery({ ...threadQuery(threadId ?? ''), enabled: isThere });
  const messages = (isThere ? branch.data?.messages : undefined) ?? noMessages;
  const last = messages.at(-1);
  useTurn(last?.id ?? ''); // Re-renders when the answer at the end ends.
  useInStep(threadId, messages);
  return {
    branch,
    messages,
    last,
    isReady: !isThere || !branch.isPending,
    title: isThere ? thread.data?.title || 'Untitled' : 'New chat',
  };
}

interface SentFile {
  id: string;
  name: string;
  size: number;
}

export function Conversation({ project, threadId, initialPrompt, onCreated, listButton }: ConversationProps) {
  const navigate = useNavigate();
  const { branch, messages, last, isReady, title } = useConversation(threadId);
  const [choice, setChoice] = useChoice(threadId, initialPrompt, messages);
  const writing = last && isWriting(last) ? last : undefined;

  const submit = async (text: string, files: SentFile[], parentId?: string | null): Promise<void> => {
    const place = parentId === undefined ? {} : { parentId };
    const frame = await sendMessage({ ...choice, projectId: project.id, threadId }, { text, files, ...place });
    if (threadId) return;
    onCreated(frame.threadId);
    await navigate({ to: '/p/$project/chat/$thread', params: { project: project.slug, thread: frame.threadId }, replace: true });
  };
  const actions: Actions = {
    edit: (message, text) => submit(text, message.files, message.parentId),
    regenerate: (message) => guarded(regenerate({ ...choice, projectId: project.id, threadId: message.threadId }, message.id)),
    goOn: (message) => guarded(continueAnswer(message.id)),
    switchTo: (message, id) => guarded(switchBranch(message.threadId, id)),
  };

  return (
    <section aria-label="Conversation" className="flex min-w-0 flex-1 flex-col">
      <header className="flex h-11 shrink-0 items-center gap-2 border-b border-separator px-3">
        {listButton}
        <h1 className="min-w-0 flex-1 truncate text-sm font-medium">{title}</h1>
      </header>
      <title>{`${title} · Piper`}</title>
      <ChatActions value={actions}>
        {isReady && !branch.error && messages.length === 0 ? <Welcome project={project} /> : null}
        {messages.length > 0 ? (
          <MessageList key={threadId} threadId={threadId ?? ''} messages={messages} hasOlder={Boolean(branch.data?.before)} />
        ) : (
          <Absence isPending={!isReady} error={branch.error} onRetry={() => void branch.refetch()} />
        )}
      </ChatActions>
      <WritingStatus isWriting={writing !== undefined} isAnswered={last?.role === 'assistant'} />
      <Composer {...{ project, threadId, choice, writing, isReady }} onChoice={setChoice} onSend={submit} />
    </section>
  );
}

function guarded(work: Promise<void>): void {
  work.catch((error: unknown) => showToast(messageOf(error), { tone: 'danger' }));
}

/** Said to those who don't see the text appear. */
function WritingStatus({ isWriting: isBusy, isAnswered }: { isWriting: boolean; isAnswered: boolean }) {
  return (
    <p role="status" className="sr-only">
      {isBusy ? 'The answer is being written.' : isAnswered ? 'The answer is complete.' : ''}
    </p>
  );
}

const noMessages: ChatMessage[] = [];

/** Hears what other tabs and people do in the thread, and follows answers that are being written. */
function useInStep(threadId: string | undefined, messages: readonly ChatMessage[]): void {
  useTopics(
    threadId ? [`thread:${threadId}`] : [],
    useCallback(() => {
      if (threadId) refreshSoon(threadId);
    }, [threadId]),
  );
  useEffect(() => {
    for (const message of messages)
      if (message.status === 'streaming' && message.runId) watchTurn(message.id, message.runId, message.threadId);
  }, [messages]);
}

/** Where there are no messages: they are on their way, or could not be read. */
function Absence({ isPending, error, onRetry }: { isPending: boolean; error: Error | null; onRetry: () => void }) {
  if (isPending && !error) return <SkeletonConversation />;
  if (!error) return null;
  const isGone = error instanceof ApiError && error.status === 404;
  const retry = (
    <Button size="sm" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <div className="flex-1 p-6">
      <Notice tone="danger" action={isGone ? undefined : retry}>
        {isGone ? 'This thread does not exist any more, or you may not see it.' : messageOf(error)}
      </Notice>
    </div>
  );
}

function SkeletonConversation() {
  return (
    <div role="status" aria-label="Loading the thread" className="mx-auto flex w-full max-w-3xl flex-1 flex-col gap-8 px-4 py-8">
      <Skeleton className="ml-auto h-12 w-1/2 rounded-2xl" />
      <div className="flex flex-col gap-2">
        <Skeleton className="h-3.5 w-11/12" />
        <Skeleton className="h-3.5 w-4/5" />
        <Skeleton className="h-3.5 w-3/5" />
      </div>
    </div>
  );
}

function Welcome({ project }: { project: Project }) {
  const { data } = useQuery(promptsQuery(project.id));
  const active = data?.find((prompt) => prompt.active);
  return (
    <div className="flex flex-1 flex-col items-center justify-center gap-2 px-6 text-center">
      <span className="mb-2 flex size-12 items-center justify-center rounded-2xl bg-accent-soft text-accent-soft-foreground">
        <MessagesSquare size={24} aria-hidden />
      </span>
      <h2 className="text-lg font-semibold tracking-tight">What would you like to know?</h2>
      <p className="max-w-md text-sm text-muted">
        {active ? (
          <>Answers follow the prompt “{active.title}”.</>
        ) : (
          <>This project has no prompt yet, so the assistant answers neutrally.</>
        )}{' '}
        Attach files by dropping them here.
      </p>
    </div>
  );
}
