/** What a list of records shows: search, filter and order stand in the address, the records come by pages. */
import type { Filter } from '@piper/shared/filter/filter';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { namesToRead, useTargetsOf } from '../../fields/targets.ts';
import { listRecords, recordsPath, type VisibleModel } from '../../platform/records.ts';

export interface View {
  q?: string;
  sort?: string;
  filter?: Filter;
}

/** The view that the address describes, and how to change it. */
export function useView(): [View, (view: View) => void] {
  const view: View = useSearch({ strict: false }) as unknown as View;
  const navigate = useNavigate();
  const set = (next: View): void => {
    const search = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== ''));
    void navigate({ to: '.', search: search as never, replace: true });
  };
  return [view, set];
}

export function withFilter(view: View, filter: Filter | undefined): View {
  const next = { ...view };
  delete next.filter;
  return filter ? { ...next, filter } : next;
}

const pageSize = 100;

/** The records a view shows, page by page. */
export function useRecords(model: VisibleModel, view: View) {
  const targets = useTargetsOf(model);
  const fields = ['*', ...namesToRead(model, targets ?? [])].join(',');
  const sort = view.sort ?? model.defaultSort.join(',');
  const path = recordsPath(model);
  return useInfiniteQuery({
    queryKey: ['records', path, view.q, sort, view.filter, fields],
    enabled: targets !== undefined,
    queryFn: ({ pageParam, signal }) =>
      listRecords(
        path,
        {
          fields,
          limit: pageSize,
          sort: sort || undefined,
          search: view.q,
          filter: view.filter,
          meta: pageParam ? undefined : 'filter_count',
          cursor: pageParam,
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.meta?.nextCursor ?? undefined,
    placeholderData: (previous) => previous,
  });
}
