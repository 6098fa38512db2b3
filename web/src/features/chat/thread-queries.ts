/** What the chat reads: lists of threads, the branch of a thread that is shown, AI models. */
import type { MessagePart } from '@piper/shared/stream/parts';
import type { BranchMessage as WireMessage } from '@piper/shared/threads';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../platform/api.ts';
import { queryClient } from '../../platform/cache.ts';
import { listRecords, updateRecord } from '../../platform/records.ts';
import type { ThreadRow } from '../../platform/queries.ts';

export type ChatMessage = Omit<WireMessage, 'parts'> & { parts: MessagePart[] };

/** The part of a branch that was read so far, oldest first. `before` is null when the start of the thread is reached. */
export interface Branch {
  messages: ChatMessage[];
  before: string | null;
  leafId: string | null;
}

const pageSize = 60;

export const threadsQuery = (projectId: string, search: string, limit = 100) =>
  queryOptions({
    queryKey: ['threads', projectId, search, limit],
    queryFn: async ({ signal }) =>
      (await listRecords<ThreadRow>('threads', { filter: { projectId: { _eq: projectId } }, sort: '-lastMessageAt', limit, search: search || undefined }, signal)).data,
    ...(search === '' ? { meta: { keep: true } } : {}),
    placeholderData: keepPreviousData,
  });

const branchKey = (threadId: string) => ['messages', threadId] as const;

export const branchQuery = (threadId: string, leaf?: string) =>
  queryOptions({
    queryKey: branchKey(threadId),
    queryFn: async () => mergeTail(queryClient.getQueryData<Branch>(branchKey(threadId)), await readPage(threadId, leaf ? { leaf } : {})),
    meta: { keep: (data: Branch) => keepTail(data) },
    staleTime: 5_000,
  });

/** Reading back starts where the kept part begins. */
function keepTail(data: Branch): Branch {
  const messages = data.messages.slice(-pageSize);
  return { ...data, messages, before: messages.length < data.messages.length ? (messages[0]?.id ?? null) : data.before };
}

async function readPage(threadId: string, query: { leaf?: string; before?: string }): Promise<Branch> {
  const { data, meta } = await api('readBranch', { params: { id: threadId }, query: { ...query, limit: pageSize } });
  return { messages: data as ChatMessage[], before: meta.before, leafId: meta.leafId };
}

/** The newest page in front of the older ones that were read before, when they still belong to the same branch. */
export function mergeTail(old: Branch | undefined, tail: Branch): Branch {
  const first = tail.messages[0];
  const at = first && old ? old.messages.findIndex(({ id }) => id === first.id) : -1;
  if (!old || at <= 0) return tail;
  return { ...tail, messages: [...old.messages.slice(0, at), ...tail.messages], before: old.before };
}

/** Reads the page before the oldest message shown; nothing when the start is reached. */
export async function loadOlder(threadId: string): Promise<void> {
  const now = queryClient.getQueryData<Branch>(branchKey(threadId));
  if (!now?.before) return;
  const page = await readPage(threadId, { before: now.before });
  changeBranch(threadId, (branch) => {
    if (branch.before !== now.before) return branch;
    const known = new Set(branch.messages.map(({ id }) => id));
    return { ...branch, messages: [...page.messages.filter(({ id }) => !known.has(id)), ...branch.messages], before: page.before };
  });
}

/** Shows the branch through another alternative and remembers it for the thread. */
export async function switchBranch(threadId: string, messageId: string): Promise<void> {
  await queryClient.cancelQueries({ queryKey: branchKey(threadId) });
  const branch = await readPage(threadId, { leaf: messageId });
  queryClient.setQueryData<Branch>(branchKey(threadId), (old) => mergeSwitched(old, branch));
  await updateRecord('threads', threadId, { currentLeafId: branch.leafId });
}

function mergeSwitched(old: Branch | undefined, next: Branch): Branch {
  const first = next.messages[0];
  if (!old || !first) return next;
  const at = old.messages.findIndex(({ id }) => id === first.id);
  return at > 0 ? { ...next, messages: [...old.messages.slice(0, at), ...next.messages], before: old.before } : next;
}

/** Changes what is shown without asking the server, when the thread is in the cache. */
export function changeBranch(threadId: string, change: (branch: Branch) => Branch): void {
  queryClient.setQueryData<Branch>(branchKey(threadId), (old) => (old ? change(old) : old));
}

export const seedBranch = (threadId: string, branch: Branch): void => void queryClient.setQueryData<Branch>(branchKey(threadId), branch);

export const refreshBranch = (threadId: string): Promise<void> => queryClient.invalidateQueries({ queryKey: branchKey(threadId) });

const refreshing = new Map<string, ReturnType<typeof setTimeout>>();

/** Reads again once for a burst of events. */
export function refreshSoon(threadId: string): void {
  clearTimeout(refreshing.get(threadId));
  refreshing.set(
    threadId,
    setTimeout(() => void refreshBranch(threadId), 120),
  );
}

export const threadQuery = (threadId: string) =>
  queryOptions({
    queryKey: ['threads', 'one', threadId],
    queryFn: async () => (await listRecords<ThreadRow>('threads', { filter: { id: { _eq: threadId } }, limit: 1 })).data[0] ?? null,
  });
