/** Saving a form about a data model: on the definitions as they were when it opened, so that nobody overwrites what others did meanwhile. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, fieldErrors, messageOf } from '../../platform/api-error.ts';
import { Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { useApply } from './change-dialog.tsx';
import { refreshDefinitions, type DesignedModel, type ModelAction } from './models.ts';

interface Conflict {
  version: number;
  /** Newest first. */
  changes: { number: number; summary: string; by: string; at: string }[];
}

/** What others changed meanwhile, where that is why it was refused. */
function conflictOf(error: unknown): Conflict | undefined {
  if (!(error instanceof ApiError) || error.code !== 'conflict') return undefined;
  const details = error.details as Partial<Conflict> | undefined;
  return details?.version !== undefined && details.changes ? (details as Conflict) : undefined;
}

/** Whoever was told of the others' changes goes on from there with the next try. */
export function useSave(model: DesignedModel, onSaved: () => void) {
  const apply = useApply();
  const [version, setVersion] = useState(model.version);
  return useMutation({
    mutationFn: ({ actions, done }: { actions: ModelAction[]; done: string }) => apply(actions, { done, baseVersion: version }),
    onSuccess: (made) => (made ? onSaved() : undefined),
    onError: async (error) => {
      const conflict = conflictOf(error);
      if (!conflict) return;
      setVersion(conflict.version);
      await refreshDefinitions();
    },
  });
}

/** In a long form it stands below what is to be seen. */
const reveal = (element: HTMLElement | null): void => element?.scrollIntoView({ block: 'nearest' });
/** What is told at a field may stand above what is to be seen. */
const revealFirst = (element: HTMLElement | null): void =>
  element?.closest('form')?.querySelector('[role="alert"]')?.scrollIntoView({ block: 'center' });

interface SaveProblemProps {
  error: Error | null;
  /** Whether the form tells what is wrong at this path itself. */
  isShown?: (path: string) => boolean;
}

/** Why it was not saved; where others were quicker, who changed what. What the form tells at its fields is not said twice. */
export function SaveProblem({ error, isShown = () => false }: SaveProblemProps) {
  if (!error) return null;
  const conflict = conflictOf(error);
  const paths = Object.keys(fieldErrors(error));
  if (paths.length > 0 && paths.every(isShown)) return <span key={JSON.stringify(paths)} ref={revealFirst} />;
  return (
    <div ref={reveal} className="scroll-mb-20">
      <Notice tone="danger">{conflict ? <Others conflict={conflict} /> : messageOf(error)}</Notice>
    </div>
  );
}

function Others({ conflict: { changes } }: { conflict: Conflict }) {
  return (
    <>
      <p>The definitions were changed since this was opened:</p>
      <ul className="my-1 list-disc pl-5">
        {changes.map(({ number, summary, by, at }) => (
          <li key={number}>
            <strong className="font-medium">{by}</strong>: {summary} <Time at={at} className="text-xs" />
          </li>
        ))}
      </ul>
      <p>Nothing of yours was saved. Save again to do it on top of that.</p>
    </>
  );
}
