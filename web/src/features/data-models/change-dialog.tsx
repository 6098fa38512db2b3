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

type Answer = 'apply' | 'cancel' | ModelAction;

interface Asked {
  preview: ChangeSetPreview;
  /** An action joins the others, and what they do is shown anew. */
  answer: (answer: Answer) => void;
}

export interface ApplyOptions {
  /** Shown afterwards: "Field renamed." */
  done: string;
  /** Of the definitions that the actions were thought up for: when there are others by now, it is a conflict. */
  baseVersion?: number | undefined;
}

interface Settled {
  actions: ModelAction[];
  baseVersion: number;
  acceptLoss: boolean;
}

/** Answers how far the change is, or undefined when the person thought better of it. Throws ApiError for what is refused. */
export type Apply = (actions: ModelAction[], options: ApplyOptions) => Promise<ChangeSetDetail['status'] | undefined>;

const ApplyContext = createContext<Apply | undefined>(undefined);

export function useApply(): Apply {
  const apply = use(ApplyContext);
  if (!apply) throw new Error('useApply needs a ChangeDesk above it');
  return apply;
}

/** Takes a change set back, or applies it again; the message says what stands in the way. */
export async function turnChange(project: string | undefined, id: string, way: 'undo' | 'redo'): Promise<void> {
  try {
    const { status } = await changeSetsOf(project)[way](id);
    const words = way === 'undo' ? ['It is being taken back.', 'Taken back.'] : ['It is being applied again.', 'Applied again.'];
    showToast(words[status === 'applying' ? 0 : 1]!);
  } catch (error) {
    showToast(messageOf(error), { tone: 'danger' });
  }
  await refreshDefinitions();
}

const isPlain = ({ risk, problems, tests, advice }: ChangeSetPreview): boolean =>
  risk === 'safe' && problems.length === 0 && tests.length === 0 && advice.length === 0;

/** Without a project: for the fields of Piper's own models. */
export function ChangeDesk({ project, children }: { project?: string; children: ReactNode }) {
  const [asked, setAsked] = useState<Asked>();
  const [running, setRunning] = useState<ChangeSetDetail>();
  const ask = (preview: ChangeSetPreview): Promise<Answer> => new Promise((resolve) => setAsked({ preview, answer: resolve }));
  const settle = async (wanted: ModelAction[], base: number | undefined, isSeen = false): Promise<Settled | undefined> => {
    const preview = await changeSetsOf(project).preview({ actions: wanted });
    const settled = { actions: wanted, baseVersion: base ?? preview.version, acceptLoss: false };
    // Where others were quicker there is nothing to show: applying it says who.
    if (preview.version !== settled.baseVersion || (isPlain(preview) && !isSeen)) return settled;
    const answer = await ask(preview);
    if (answer === 'cancel') return undefined;
    return answer === 'apply' ? { ...settled, acceptLoss: true } : settle([...wanted, answer], base, true);
  };
  const apply: Apply = async (actions, { done, baseVersion }) => {
    const settled = await settle(actions, baseVersion).finally(() => setAsked(undefined));
    if (!settled) return undefined;
    const made = await changeSetsOf(project).apply(settled);
    await refreshDefinitions();
    if (!made) showToast('Nothing was changed.');
    else if (made.status === 'applying') setRunning(made);
    else showUndo(done, () => void turnChange(project, made.id, 'undo'));
    return made?.status ?? 'applied';
  };
  return (
    <ApplyContext value={apply}>
      {children}
      <Dialog title="What this change does" isOpen={asked !== undefined} onClose={() => asked?.answer('cancel')} size="lg">
        {asked ? <AskView key={asked.preview.actions.length} asked={asked} /> : null}
      </Dialog>
      <Dialog title="The change is being made" isOpen={running !== undefined} onClose={() => setRunning(undefined)}>
        {running ? <Running project={project} id={running.id} onClose={() => setRunning(undefined)} /> : null}
      </Dialog>
    </ApplyContext>
  );
}

function AskView({ asked: { preview, answer } }: { asked: Asked }) {
  const [isAdding, setAdding] = useState(false);
  const isBlocked = preview.tests.length > 0 || preview.problems.some(({ effect }) => effect === 'obstacle');
  const add = (action: ModelAction): void => {
    setAdding(true);
    answer(action);
  };
  return (
    <div className="flex flex-col gap-4">
      <PreviewView preview={preview} />
      {preview.advice.map(({ model, fields, sentence, action }) => (
        <Notice
          key={`${model} ${fields.join()}`}
          tone="warning"
          action={
            <Button size="sm" isBusy={isAdding} onClick={() => add(action as ModelAction)}>
              Make the index
            </Button>
          }
        >
          {sentence}
        </Notice>
      ))}
      {isBlocked ? <Notice tone="warning">It can’t be applied until what stands in the way is mended.</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={() => answer('cancel')}>Cancel</Button>
        <Button
          variant={preview.risk === 'loses-data' ? 'danger' : 'primary'}
          disabled={isBlocked || isAdding}
          onClick={() => answer('apply')}
        >
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
