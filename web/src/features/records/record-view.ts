/** What a list of records shows: search, filter and order stand in the address, the records come by pages. */
import type { Filter } from '@piper/shared/filter/filter';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { asText } from '../../fields/field-ui.ts';
import { namesToRead, useModels } from '../../fields/targets.ts';
import { isSystemField, listRecords, recordsPath, type VisibleField, type VisibleModel } from '../../platform/records.ts';

export interface View {
  q?: string | undefined;
  sort?: string | undefined;
  filter?: Filter | undefined;
  /** Shows what was deleted instead. */
  deleted?: true | undefined;
  /** Keys of the fields to show, with commas; those of the definition where none are chosen. */
  columns?: string | undefined;
}

/** The view that the address describes, and how to change parts of it. */
export function useView(): [View, (change: View) => void] {
  const asked: View = useSearch({ strict: false }) as unknown as View;
  // What somebody typed into the address may look like a number.
  const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : asText(value));
  const view: View = { ...asked, q: textOf(asked.q), columns: textOf(asked.columns) };
  const navigate = useNavigate();
  const set = (change: View): void => {
    const search = (old: View): View =>
      Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value !== undefined && value !== ''));
    void navigate({ to: '.', search: search as never, replace: true });
  };
  return [view, set];
}

/** Whoever may delete a project's records may also restore them. */
export const mayRestore = (model: VisibleModel): boolean =>
  model.project !== undefined && model.allowedActions.includes('delete');

const mostColumns = 10;
const mostChosen = 50;

/** Of many linked records a row names the first. */
const mostNamed = 11;

const isManyToMany = ({ relation }: VisibleField): boolean => relation?.kind === 'many-to-many';

/** What can be shown of a record in a list. */
export const isOffered = (field: VisibleField): boolean =>
  !field.hidden && field.relation?.kind !== 'one-to-many' && !['id', 'version'].includes(field.key) && field.operators.length > 0;

/** The fields of a list's columns: the name first, then what was chosen or the definition shows, times last; of deleted records, when it was. */
export function shownFields(model: VisibleModel, { deleted, columns }: View): VisibleField[] {
  const chosen = columns?.split(',');
  const isShown = (field: VisibleField): boolean =>
    isOffered(field) && (chosen ? chosen.includes(field.key) : !field.onDemand || isManyToMany(field));
  const rank = (field: VisibleField): number => {
    if (field.key === model.titleField) return 0;
    if (field.key === 'deletedAt') return 1;
    return isSystemField(field) ? 3 : 2;
  };
  return model.fields
    .filter((field) => isShown(field) || (deleted && field.key === 'deletedAt'))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, chosen ? mostChosen : mostColumns);
}

/** What a list reads of each record: the values of its columns, and the names of those they point to. */
function fieldsToList(model: VisibleModel, shown: readonly VisibleField[], targets: readonly VisibleModel[]): string {
  const names = namesToRead({ ...model, fields: [...shown] }, targets);
  const isNamed = (field: VisibleField): boolean => isManyToMany(field) && names.some((name) => name.startsWith(`${field.key}.`));
  const values = shown.filter((field) => !isNamed(field)).map(({ key }) => key);
  return [...new Set(['id', model.titleField, ...values, ...names])].join(',');
}

const pageSize = 100;

/** The order a view has unless its address says otherwise. */
export const sortOf = (model: VisibleModel, { sort, deleted }: View): string =>
  sort ?? (deleted ? '-deletedAt' : model.defaultSort.join(','));

const narrowing = ({ q, filter, deleted }: View) => ({ search: q, filter, deleted: deleted && ('only' as const) });

/** The records a view shows, page by page. */
export function useRecords(model: VisibleModel, view: View) {
  const shown = shownFields(model, view);
  const targets = useModels(shown.flatMap(({ relation }) => (relation && relation.kind !== 'any' ? [relation.target] : [])));
  const fields = fieldsToList(model, shown, targets ?? []);
  const sort = sortOf(model, view);
  const path = recordsPath(model);
  const which = narrowing(view);
  const lists = shown.filter(isManyToMany).map(({ key }) => [key, { _limit: mostNamed }] as const);
  const deep = lists.length > 0 ? Object.fromEntries(lists) : undefined;
  return useInfiniteQuery({
    queryKey: ['records', path, which, sort, fields] as const,
    enabled: targets !== undefined,
    queryFn: ({ pageParam, signal }) =>
      listRecords(path, { ...which, fields, deep, limit: pageSize, sort: sort || undefined, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.meta?.nextCursor ?? undefined,
    // What is deleted and what is not must never stand in for each other.
    placeholderData: (previous, query) => (query?.queryKey[2].deleted === which.deleted ? previous : undefined),
  });
}

/** How many records a view has; asked beside them, since it costs more and may be older. */
export function useCount(model: VisibleModel, view: View): number | undefined {
  const path = recordsPath(model);
  const which = narrowing(view);
  const { data } = useQuery({
    queryKey: [path, 'count', which],
    queryFn: async ({ signal }) =>
      (await listRecords(path, { ...which, fields: 'id', limit: 0, meta: 'filter_count' }, signal)).meta?.filter_count,
  });
  return data;
}
