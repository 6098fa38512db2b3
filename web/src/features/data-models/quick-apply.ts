import { useMutation } from '@tanstack/react-query';
import { messageOf } from '../../platform/api-error.ts';
import { showToast } from '../../ui/toast.tsx';
import { useApply } from './change-dialog.tsx';
import { refreshDefinitions, type DesignedModel, type ModelAction } from './models.ts';

/** Applies what needs no form to the model as it is shown; a refusal is told, and what others changed meanwhile appears. */
export function useQuickApply(model: DesignedModel) {
  const apply = useApply();
  return useMutation({
    mutationFn: ({ actions, done }: { actions: ModelAction[]; done: string }) =>
      apply(actions, { done, baseVersion: model.version }),
    onError: async (error, { actions }) => {
      const isDeletion = actions.every((action) => action.do.startsWith('delete-'));
      showToast(`${isDeletion ? 'Nothing was deleted. ' : ''}${messageOf(error)}`, { tone: 'danger' });
      await refreshDefinitions();
    },
  });
}
