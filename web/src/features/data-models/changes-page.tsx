/** The history of the definitions: what was changed when, how it went, and the way back. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Page } from '../../ui/page.tsx';
import { useMemberNames, useProject } from '../projects/project.ts';
import { QueryView } from '../shell/query-view.tsx';
import { changeSetsOf } from './change-api.ts';
import { Entry } from './change-entry.tsx';
import { turnOf } from './change-turns.ts';
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
  const names = useMemberNames(project);
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
