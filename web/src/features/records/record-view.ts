/** What a list of records shows: search, filter and order stand in the address, the records come by pages. */
import type { Filter } from '@piper/shared/filter/filter';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { dataModelsQuery, listRecords, type VisibleModel } from '../../platform/records.ts';

export interface View {
  q?: string;
  sort?: string;
  filter?: Filter;
}

/** The view that the address describes, and how to change it. */
export function useView(): [View, (view: View) => void] {
  const view: View = useSearch({ strict: false }) as unknown as View;
  const { model = '' } = useParams({ strict: false });
  const navigate = useNavigate();
  const set = (next: View): void => {
    const search = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== ''));
    void navigate({ to: '/m/$model', params: { model }, search: search as never, replace: true });
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
  const models = useQuery(dataModelsQuery).data;
  const fields = fieldsToRead(model, models ?? []);
  const sort = view.sort ?? model.defaultSort.join(',');
  return useInfiniteQuery({
    queryKey: ['records', model.key, view.q, sort, view.filter, fields],
    enabled: models !== undefined,
    queryFn: ({ pageParam, signal }) =>
      listRecords(
        model.key,
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

/** Own fields, and of each record pointed to its name. */
function fieldsToRead(model: VisibleModel, models: readonly VisibleModel[]): string {
  const names = model.fields.flatMap(({ relation }) => {
    if (relation?.kind !== 'many-to-one') return [];
    const target = models.find(({ key }) => key === relation.target);
    return target ? [`${relation.as}.id`, `${relation.as}.${target.titleField}`] : [];
  });
  return ['*', ...new Set(names)].join(',');
}
