/** Prompts as their screens read and write them. */
import type { PromptReply } from '@piper/shared/prompts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import type { PromptRow } from '../../platform/queries.ts';
import { showToast } from '../../ui/toast.tsx';
import { deleteLater } from '../shell/delete-later.ts';

export const promptQuery = (id: string) =>
  queryOptions({
    queryKey: ['prompt', id],
    queryFn: async () => (await api('readPrompt', { params: { id } })).data,
    meta: { keep: true },
  });

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['prompt', id, 'versions'],
    queryFn: async () => (await api('listPromptVersions', { params: { id }, query: { limit: 100 } })).data,
  });

/** What the server answered takes the place of what was cached. */
export async function adoptPrompt(prompt: PromptReply): Promise<void> {
  queryClient.setQueryData(['prompt', prompt.id], prompt);
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['prompts'] }),
    queryClient.invalidateQueries({ queryKey: ['prompt', prompt.id, 'versions'] }),
  ]);
}

export async function activatePrompt(id: string): Promise<void> {
  try {
    const { data } = await api('activatePrompt', { params: { id } });
    await adoptPrompt(data);
    showToast(`“${data.title}” is now the active prompt.`);
  } catch (error) {
    showToast(messageOf(error), { tone: 'danger' });
  }
}

/** Takes a prompt off the screen and deletes it once the time to undo is over. */
export function deletePromptLater(prompt: Pick<PromptRow, 'id' | 'title' | 'projectId'>): void {
  deleteLater({
    id: prompt.id,
    text: `Deleted “${prompt.title}”.`,
    run: () => api('deletePrompt', { params: { id: prompt.id } }),
    refresh: () => queryClient.invalidateQueries({ queryKey: ['prompts', prompt.projectId] }),
  });
}
