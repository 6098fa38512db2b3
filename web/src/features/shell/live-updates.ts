/** Keeps the shared lists in step with what happens elsewhere: other tabs, other people, runs. */
import { queryClient } from '../../platform/cache.ts';
import { useTopics, type LiveEvent } from '../../platform/live.ts';
import { useAccount } from '../../platform/session.ts';
import { showToast } from '../../ui/toast.tsx';

/** Which cached lists an event of the own user's topic makes stale, by the first word of its type. */
const staleBy: Record<string, readonly string[]> = {
  thread: ['threads'],
  message: ['threads'],
  participant: ['threads'],
  project: ['projects', 'project'],
  member: ['projects', 'project', 'members', 'invitations'],
  run: ['runs'],
  prompt: ['prompts'],
  file: ['files'],
};

function invalidateFor({ type, data }: LiveEvent): void {
  if (type === 'records.viewed-as') tellOfView(data);
  const keys = type === 'snapshot' ? [...new Set(Object.values(staleBy).flat())] : (staleBy[type.split('.')[0] ?? ''] ?? []);
  for (const key of keys) void queryClient.invalidateQueries({ queryKey: [key] });
}

/** Nobody looks with somebody's eyes unseen. */
const tellOfView = ({ label }: LiveEvent['data']): void =>
  showToast(
    `Somebody who manages the project looked at ${typeof label === 'string' ? `“${label}”` : 'its data'} as you see it.`,
    {
      seconds: 10,
    },
  );

export function useLiveUpdates(): void {
  const { id } = useAccount();
  useTopics([`user:${id}`], invalidateFor);
}
