/** What the chat reads: lists of threads, the branch of a thread that is shown, AI models. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../platform/api.ts';
import { queryClient } from '../../platform/cache.ts';
import { listRecords, updateRecord } from '../../platform/records.ts';
import type { ThreadRow } from '../../platform/queries.ts';
import { mergeSwitched, mergeTail, type Branch, type ChatMessage } from './branch.ts';

export type { Branch, ChatMessage };

const pageSize = 60;

export const threadsQuery = (projectId: string, search: string, limit = 100) =>
  queryOptions({
    queryKey: ['threads', projectId, search, limit],
    queryFn: async ({ signal }) =>
      (
        await listRecords<ThreadRow>(
          'threads',
          { filter: { projectId: { _eq: projectId } }, sort: '-lastMessageAt', limit, search: search || undefined },
          signal,
        )
      ).data,
    ...(search === '' ? { meta: { keep: true } } : {}),
    placeholderData: keepPreviousData,
  });

const branchKey = (threadId: string) => ['messages', threadId] as const;

export const branchQuery = (threadId: string, leaf?: string) =>
  queryOptions({
    queryKey: branchKey(threadId),
    queryFn: async () =>
      mergeTail(queryClient.getQueryData<Branch>(branchKey(threadId)), await readPage(threadId, leaf ? { leaf } : {})),
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

/** Reads the page before the oldest message shown; nothing when the start is reached. */
export async function loadOlder(threadId: string): Promise<void> {
  const now = queryClient.getQueryData<Branch>(branchKey(threadId));
  if (!now?.before) return;
  const page = await readPage(threadId, { before: now.before });
  changeBranch(threadId, (branch) => {
    if (branch.before !== now.before) return branch;
    const known = new Set(branch.messages.map(({ id }) => id));
    return {
      ...branch,
      messages: [...page.messages.filter(({ id }) => !known.has(id)), ...branch.messages],
      before: page.before,
    };
  });
}

/** Shows the branch through another alternative and remembers it for the thread. */
export async function switchBranch(threadId: string, messageId: string): Promise<void> {
  await queryClient.cancelQueries({ queryKey: branchKey(threadId) });
  const branch = await readPage(threadId, { leaf: messageId });
  queryClient.setQueryData<Branch>(branchKey(threadId), (old) => mergeSwitched(old, branch));
  await updateRecord('threads', threadId, { currentLeafId: branch.leafId });
}

/** Changes what is shown without asking the server, when the thread is in the cache. */
export function changeBranch(threadId: string, change: (branch: Branch) => Branch): void {
  queryClient.setQueryData<Branch>(branchKey(threadId), (old) => (old ? change(old) : old));
}

export const seedBranch = (threadId: string, branch: Branch): void =>
  void queryClient.setQueryData<Branch>(branchKey(threadId), branch);

export const refreshBranch = (threadId: string): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: branchKey(threadId) });

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
    queryFn: async () =>
      (await listRecords<ThreadRow>('threads', { filter: { id: { _eq: threadId } }, limit: 1 })).data[0] ?? null,
  });
