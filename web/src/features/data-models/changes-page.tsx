/** The history of the definitions: what was changed when, how it went, and the way back. */
import type { ChangeSet } from '@piper/shared/change-sets';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { History, Redo2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { membersQuery, projectQuery, useProject } from '../projects/project.ts';
import { QueryView } from '../shell/query-view.tsx';
import { changeSetsOf } from './change-api.ts';
import { turnChange } from './change-dialog.tsx';
import { Steps } from './change-preview.tsx';
import { turnOf } from './change-turns.ts';
import { ProgressView } from './change-progress.tsx';
import { useModel } from './models.ts';

/** Of one data model. */
export function ModelChangesPage() {
  const model = useModel();
  const { slug } = useProject();
  return (
    <Page
      title={`${model.labelPlural}: changes`}
      description="Every change of this data model, newest first. The last one can be taken back."
    >
      <Changes project={slug} model={model.id} />
    </Page>
  );
}

/** Of all data models of the project. */
export function ChangesPage() {
  const { slug } = useProject();
  return (
    <Page title="Changes" description="Every change of this project's data models, newest first.">
      <Changes project={slug} />
    </Page>
  );
}

const pageSize = 50;

/** Without a project: of the fields of Piper's own models. */
export function Changes({ project, model }: { project?: string; model?: string }) {
  const names = useNames(project);
  const query = useInfiniteQuery({
    queryKey: ['change-sets', project ?? '', 'list'],
    queryFn: ({ pageParam }) => changeSetsOf(project).list({ limit: pageSize, ...(pageParam ? { before: pageParam } : {}) }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => (page.length < pageSize ? undefined : page.at(-1)?.number),
    refetchInterval: ({ state }) => (state.data?.pages.flat().some(({ status }) => status === 'applying') ? 1_000 : false),
  });
  return (
    <QueryView query={query}>
      {({ pages }) => {
        const all = pages.flat();
        const shown = all.filter(({ models }) => model === undefined || models.includes(model));
        return (
          <>
            {shown.length === 0 ? <EmptyState icon={History} title="Nothing has been changed here yet" /> : null}
            <ol className="card divide-y divide-separator empty:hidden" aria-label="Changes">
              {shown.map((changeSet) => (
                <Entry
                  key={changeSet.id}
                  project={project}
                  changeSet={changeSet}
                  by={names.get(changeSet.createdBy ?? '')}
                  way={turnOf(changeSet, all)}
                />
              ))}
            </ol>
            {query.hasNextPage ? (
              <div>
                <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  Earlier changes
                </Button>
              </div>
            ) : null}
          </>
        );
      }}
    </QueryView>
  );
}

const tones: Record<ChangeSet['status'], Tone> = { applied: 'success', applying: 'accent', failed: 'danger' };

/** Of the project's members, by their account. */
function useNames(project: string | undefined): ReadonlyMap<string, string> {
  const { data: place } = useQuery({ ...projectQuery(project ?? ''), enabled: project !== undefined });
  const { data: members = [] } = useQuery({ ...membersQuery(place?.id ?? ''), enabled: place !== undefined });
  return new Map(members.map(({ userId, user }) => [userId, user?.name ?? '']));
}

interface EntryProps {
  project: string | undefined;
  changeSet: ChangeSet;
  /** Who made it, where that is known. */
  by: string | undefined;
  way: 'undo' | 'redo' | undefined;
}

function Entry({ project, changeSet, by, way }: EntryProps) {
  const [isOpen, setOpen] = useState(false);
  const { id, number, status, summary, isUndone, createdAt } = changeSet;
  const turn = useMutation({ mutationFn: (chosen: 'undo' | 'redo') => turnChange(project, id, chosen) });
  return (
    <li className="flex flex-col gap-2 px-4 py-2.5 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-xs text-muted">#{number}</span>
        <span className="min-w-0 flex-1 basis-48 break-words">
          {summary} {isUndone ? <span className="text-muted">(taken back)</span> : null}
        </span>
        {status === 'applied' ? null : <Badge tone={tones[status]}>{status}</Badge>}
        <span className="text-xs text-muted">
          {by ? `${by}, ` : null}
          <Time at={createdAt} />
        </span>
        <span className="flex gap-1">
          <Button
            size="sm"
            variant="ghost"
            aria-expanded={isOpen}
            aria-label={`Details of change ${number}`}
            onClick={() => setOpen(!isOpen)}
          >
            Details
          </Button>
          {way ? (
            <Button
              size="sm"
              variant="ghost"
              aria-label={`${way === 'redo' ? 'Redo' : 'Undo'} change ${number}`}
              isBusy={turn.isPending}
              onClick={() => turn.mutate(way)}
            >
              {way === 'redo' ? <Redo2 size={14} aria-hidden /> : <Undo2 size={14} aria-hidden />}
              {way === 'redo' ? 'Redo' : 'Undo'}
            </Button>
          ) : null}
        </span>
      </div>
      {status === 'applied' ? null : <ProgressView changeSet={changeSet} />}
      {isOpen ? <Details project={project} id={id} /> : null}
    </li>
  );
}

function Details({ project, id }: { project: string | undefined; id: string }) {
  const { data, error } = useQuery({
    queryKey: ['change-sets', project ?? '', id],
    queryFn: () => changeSetsOf(project).read(id),
  });
  if (error) return <Notice tone="danger">{messageOf(error)}</Notice>;
  if (!data) return <SkeletonRows rows={2} />;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <ScrollRegion label="Actions" className="max-h-60 overflow-auto rounded-md bg-surface-secondary p-2">
        <pre className="text-xs">{JSON.stringify(data.actions, null, 2)}</pre>
      </ScrollRegion>
      <Steps steps={data.steps} />
    </div>
  );
}
