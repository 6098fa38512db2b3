/** What can be done to a project from any of its screens. */
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import type { Project } from '../../platform/queries.ts';
import { deleteRecord } from '../../platform/records.ts';
import { showToast, showUndo } from '../../ui/toast.tsx';

/** Deletes at once; the server keeps everything until the undo window closes. */
export async function deleteProject(project: Project): Promise<void> {
  queryClient.setQueryData<Project[]>(['projects'], (old) => old?.filter(({ id }) => id !== project.id));
  try {
    await deleteRecord('projects', project.id);
    showUndo(`Deleted “${project.name}”.`, () => void restore(project));
  } catch (error) {
    showToast(messageOf(error), { tone: 'danger' });
  }
  await queryClient.invalidateQueries({ queryKey: ['projects'] });
}

async function restore(project: Project): Promise<void> {
  try {
    await api('restoreProject', { params: { id: project.id } });
    showToast(`“${project.name}” is back.`);
  } catch (error) {
    showToast(messageOf(error), { tone: 'danger' });
  }
  await queryClient.invalidateQueries({ queryKey: ['projects'] });
}
