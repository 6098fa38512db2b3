import { useMutation } from '@tanstack/react-query';
import { messageOf } from '../../platform/api-error.ts';
import { showToast } from '../../ui/toast.tsx';
import { useApply } from './change-dialog.tsx';
import type { ModelAction } from './models.ts';

/** Applies what needs no form; a refusal is told. */
export function useQuickApply() {
  const apply = useApply();
  return useMutation({
    mutationFn: ({ actions, done }: { actions: ModelAction[]; done: string }) => apply(actions, { done }),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
  });
}
