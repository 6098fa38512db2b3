/**
 * Changes definitions: what is safe is applied at once, with a way back; what rewrites or loses values shows first what it would do.
 * While a large change is at work it says how far it is.
 */
import type { ChangeSetDetail, ChangeSetPreview } from '@piper/shared/change-sets';
import { useQuery } from '@tanstack/react-query';
import { createContext, use, useState, type ReactNode } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/notice.tsx';
import { showToast, showUndo } from '../../ui/toast.tsx';
import { changeSetsOf } from './change-api.ts';
import { PreviewView } from './change-preview.tsx';
import { ProgressView } from './change-progress.tsx';
import { refreshDefinitions, type ModelAction } from './models.ts';

interface Asked {
  preview: ChangeSetPreview;
  actions: ModelAction[];
  answer: (go: boolean) => void;
}

export interface ApplyOptions {
  /** Shown afterwards: "Field renamed." */
  done: string;
  /** Shows what it would do in any case. */
  ask?: boolean;
}

/** Answers the change set, or undefined when the person thought better of it. Throws ApiError for what is refused. */
export type Apply = (actions: ModelAction[], options: ApplyOptions) => Promise<ChangeSetDetail | undefined>;

const ApplyContext = createContext<Apply | undefined>(undefined);

export function useApply(): Apply {
  const apply = use(ApplyContext);
  if (!apply) throw new Error('useApply needs a ChangeDesk above it');
  return apply;
}

/** Takes a change set back; the message says what stands in the way. */
export async function undoChange(project: string | undefined, id: string): Promise<void> {
  try {
    const { status } = await changeSetsOf(project).undo(id);
    showToast(status === 'applying' ? 'It is being taken back.' : 'Taken back.');
  } catch (error) {
    showToast(messageOf(error), { tone: 'danger' });
  }
  await refreshDefinitions();
}

/** Without a project: for the fields of Piper's own models. */
export function ChangeDesk({ project, children }: { project?: string; children: ReactNode }) {
  const [asked, setAsked] = useState<Asked>();
  const [running, setRunning] = useState<ChangeSetDetail>();
  const ask = (preview: ChangeSetPreview, actions: ModelAction[]): Promise<boolean> =>
    new Promise((resolve) => {
      const answer = (go: boolean): void => {
        setAsked(undefined);
        resolve(go);
      };
      setAsked({ preview, actions, answer });
    });
  const apply: Apply = async (actions, { done, ask: isAsked = false }) => {
    const changeSets = changeSetsOf(project);
    const preview = await changeSets.preview({ actions });
    const isPlain = preview.risk === 'safe' && preview.problems.length === 0 && preview.tests.length === 0;
    if ((!isPlain || isAsked) && !(await ask(preview, actions))) return undefined;
    const made = await changeSets.apply({ actions, baseVersion: preview.version, acceptLoss: !isPlain });
    await refreshDefinitions();
    if (made.status === 'applying') setRunning(made);
    else showUndo(done, () => void undoChange(project, made.id));
    return made;
  };
  return (
    <ApplyContext value={apply}>
      {children}
      <Dialog title="What this change does" isOpen={asked !== undefined} onClose={() => asked?.answer(false)} size="lg">
        {asked ? <AskView asked={asked} /> : null}
      </Dialog>
      <Dialog title="The change is being made" isOpen={running !== undefined} onClose={() => setRunning(undefined)}>
        {running ? <Running project={project} id={running.id} onClose={() => setRunning(undefined)} /> : null}
      </Dialog>
    </ApplyContext>
  );
}

function AskView({ asked: { preview, answer } }: { asked: Asked }) {
  const isBlocked = preview.tests.length > 0 || preview.problems.some(({ effect }) => effect === 'obstacle');
  return (
    <div className="flex flex-col gap-4">
      <PreviewView preview={preview} />
      {isBlocked ? <Notice tone="warning">It can’t be applied until what stands in the way is mended.</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={() => answer(false)}>Cancel</Button>
        <Button variant={preview.risk === 'loses-data' ? 'danger' : 'primary'} disabled={isBlocked} onClick={() => answer(true)}>
          Apply
        </Button>
      </div>
    </div>
  );
}

function Running({ project, id, onClose }: { project: string | undefined; id: string; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['change-sets', project ?? '', id],
    queryFn: async () => {
      const now = await changeSetsOf(project).read(id);
      if (now.status !== 'applying') await refreshDefinitions();
      return now;
    },
    refetchInterval: ({ state }) => (state.data && state.data.status !== 'applying' ? false : 1_000),
  });
  return (
    <div className="flex flex-col gap-4">
      {data ? <ProgressView changeSet={data} /> : null}
      {error ? <Notice tone="danger">{messageOf(error)}</Notice> : null}
      <p className="text-[0.8125rem] text-muted">
        Everybody goes on working with the old definitions until it is done. This can be closed.
      </p>
      <div className="flex justify-end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </div>
  );
}
