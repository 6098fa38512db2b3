/** One prompt: its content in an editor, variables and settings at the side, its versions, and a chat to try it. */
import type { PromptReply } from '@piper/shared/prompts';
import type { VariableProblem } from '@piper/shared/prompts-template';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useBlocker, useParams } from '@tanstack/react-router';
import { CircleCheck, MessageSquarePlus } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { showToast } from '../../ui/toast.tsx';
import { canWrite, useOwnRole, useProject } from '../projects/project.ts';
import { PageQueryView } from '../shell/query-view.tsx';
import { changesOf, draftOf, problemsOf, type PromptDraft } from './prompt-draft.ts';
import { activatePrompt, adoptPrompt, promptQuery } from './prompt-queries.ts';
import { PromptSide } from './prompt-side.tsx';
import { PromptVersions } from './prompt-versions.tsx';

const PromptEditor = lazy(() => import('./prompt-editor.tsx'));

export function PromptPage() {
  const { prompt: id = '' } = useParams({ strict: false });
  const query = useQuery(promptQuery(id));
  return <PageQueryView query={query}>{(prompt) => <Loaded key={prompt.id} prompt={prompt} />}</PageQueryView>;
}

function useDraft(prompt: PromptReply) {
  const [draft, setDraft] = useState(() => draftOf(prompt));
  const [base, setBase] = useState(prompt);
  const changes = changesOf(base, draft);
  const isChanged = Object.keys(changes).length > 0;
  // What somebody else saved is taken over unless it would overwrite what is being typed here.
  if (base !== prompt && (!isChanged || prompt.version < base.version)) {
    setBase(prompt);
    setDraft(draftOf(prompt));
  }
  const reset = (to: PromptReply): void => {
    setBase(to);
    setDraft(draftOf(to));
  };
  return { draft, setDraft, changes, isChanged, isOutdated: isChanged && prompt.latestVersion > base.latestVersion, reset };
}

function Loaded({ prompt }: { prompt: PromptReply }) {
  const project = useProject();
  const mayWrite = canWrite(useOwnRole(project.id));
  const { draft, setDraft, changes, isChanged, isOutdated, reset } = useDraft(prompt);
  const [tab, setTab] = useState<'edit' | 'versions'>('edit');
  const problems = problemsOf(draft);
  const save = useMutation({
    mutationFn: async () => (await api('updatePrompt', { params: { id: prompt.id }, body: changes })).data,
    onSuccess: async (saved) => {
      reset(saved);
      await adoptPrompt(saved);
      showToast(saved.latestVersion > prompt.latestVersion ? `Saved as version ${saved.latestVersion}.` : 'Saved.');
    },
  });
  const canSave = mayWrite && isChanged && problems.length === 0 && draft.title.trim() !== '' && !save.isPending;
  useSaveKey(() => (canSave ? save.mutate() : undefined));
  useBlocker({
    shouldBlockFn: () => isChanged && !confirm('Leave without saving your changes?'),
    enableBeforeUnload: () => isChanged,
  });

  return (
    <div className="flex h-full min-h-0 flex-col">
      <title>{`${prompt.title} · Piper`}</title>
      <header className="flex flex-wrap items-center gap-2 border-b border-separator px-4 py-2">
        <h1 className="sr-only">{prompt.title}</h1>
        <input
          aria-label="Title"
          value={draft.title}
          maxLength={200}
          readOnly={!mayWrite}
          onChange={(event) => setDraft({ ...draft, title: event.target.value })}
          className="min-w-40 flex-1 rounded-md bg-transparent px-1.5 py-1 font-semibold hover:bg-default focus:bg-surface"
        />
        <Badge>v{prompt.latestVersion}</Badge>
        {prompt.active ? <Badge tone="success">active</Badge> : null}
        <TabButtons tab={tab} onTab={setTab} />
        <PromptActions prompt={prompt} project={project.slug} mayWrite={mayWrite} />
        {mayWrite ? (
          <Button size="sm" variant="primary" disabled={!canSave} isBusy={save.isPending} onClick={() => save.mutate()}>
            Save
          </Button>
        ) : null}
      </header>
      <PromptNotices
        error={save.error}
        problems={problems}
        newer={isOutdated ? prompt.latestVersion : undefined}
        onTakeTheirs={() => reset(prompt)}
      />
      {tab === 'edit' ? (
        <EditTab prompt={prompt} draft={draft} onDraft={setDraft} isReadOnly={!mayWrite} />
      ) : (
        <PromptVersions prompt={prompt} mayWrite={mayWrite} onRestored={reset} />
      )}
    </div>
  );
}

function PromptActions({ prompt, project, mayWrite }: { prompt: PromptReply; project: string; mayWrite: boolean }) {
  return (
    <>
      {!prompt.active && mayWrite ? (
        <Button size="sm" onClick={() => void activatePrompt(prompt.id)}>
          <CircleCheck size={15} aria-hidden /> Make active
        </Button>
      ) : null}
      <Link to="/p/$project/chat" params={{ project }} search={{ prompt: prompt.id }} className={buttonClass('secondary', 'sm')}>
        <MessageSquarePlus size={15} aria-hidden /> Try it
      </Link>
    </>
  );
}

interface PromptNoticesProps {
  error: Error | null;
  problems: readonly VariableProblem[];
  /** The version somebody else saved while this one was being changed. */
  newer: number | undefined;
  onTakeTheirs: () => void;
}

function PromptNotices({ error, problems, newer, onTakeTheirs }: PromptNoticesProps) {
  const takeTheirs = (
    <Button size="sm" onClick={onTakeTheirs}>
      Take theirs
    </Button>
  );
  return (
    <div className="flex flex-col gap-2 px-4 not-empty:pt-3">
      {error ? <Notice tone="danger">{messageOf(error)}</Notice> : null}
      {newer === undefined ? null : (
        <Notice tone="warning" action={takeTheirs}>
          Somebody saved version {newer} meanwhile. Saving makes yours the next one.
        </Notice>
      )}
      {problems.length > 0 ? <Notice tone="warning">{problems.map((problem) => problem.message).join(' ')}</Notice> : null}
    </div>
  );
}

function useSaveKey(save: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 's' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      save();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
}

function TabButtons({ tab, onTab }: { tab: 'edit' | 'versions'; onTab: (tab: 'edit' | 'versions') => void }) {
  return (
    <div role="group" aria-label="View" className="flex rounded-lg border border-border p-0.5">
      {(['edit', 'versions'] as const).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={tab === name}
          onClick={() => onTab(name)}
          className={`rounded-md px-2.5 py-0.5 text-[0.8125rem] capitalize ${tab === name ? 'bg-default font-medium' : 'text-muted'}`}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

interface EditTabProps {
  prompt: PromptReply;
  draft: PromptDraft;
  onDraft: (draft: PromptDraft) => void;
  isReadOnly: boolean;
}

function EditTab({ prompt, draft, onDraft, isReadOnly }: EditTabProps) {
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto lg:flex-row lg:overflow-hidden">
      <div className="min-h-72 min-w-0 flex-1 lg:overflow-y-auto">
        <Suspense fallback={<Skeleton className="m-4 h-40" />}>
          <PromptEditor
            label={`Content of ${prompt.title}`}
            value={draft.content}
            isReadOnly={isReadOnly}
            onChange={(content) => onDraft({ ...draft, content })}
          />
        </Suspense>
      </div>
      <aside
        aria-label="Variables and settings"
        className="shrink-0 border-t border-separator lg:w-80 lg:overflow-y-auto lg:border-t-0 lg:border-l"
      >
        <PromptSide prompt={prompt} draft={draft} onDraft={onDraft} isReadOnly={isReadOnly} />
      </aside>
    </div>
  );
}
