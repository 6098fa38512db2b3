/** The list of any model: search, filters and sorting in the address, so that a view can be sent as a link. */
import type { Filter } from '@piper/shared/filter/filter';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ListFilter, Plus, SearchX } from 'lucide-react';
import { useDeferredValue, useEffect, useState } from 'react';
import { labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import { ApiError, messageOf } from '../../platform/api-error.ts';
import {
  dataModelQuery,
  dataModelsQuery,
  listRecords,
  type AnyRecord,
  type VisibleField,
  type VisibleModel,
} from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonPage, SkeletonRows } from '../../ui/skeleton.tsx';
import { useDoomed } from '../shell/delete-later.ts';
import { NotFound } from '../shell/failures.tsx';
import { QueryView } from '../shell/query-view.tsx';
import { FilterBar } from './filter-bar.tsx';
import { RecordForm } from './record-form.tsx';

export function RecordListPage() {
  const { model: key = '' } = useParams({ strict: false });
  const { data, error } = useQuery(dataModelQuery(key));
  if (data) return <RecordList key={data.key} model={data} />;
  if (!error) return <SkeletonPage />;
  if (error instanceof ApiError && error.status === 404) return <NotFound />;
  return (
    <div className="p-6">
      <Notice tone="danger">{messageOf(error)}</Notice>
    </div>
  );
}

interface View {
  q?: string;
  sort?: string;
  filter?: Filter;
}

function useView(): [View, (view: View) => void] {
  const view: View = useSearch({ strict: false }) as unknown as View;
  const { model = '' } = useParams({ strict: false });
  const navigate = useNavigate();
  const set = (next: View): void => {
    const search = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== ''));
    void navigate({ to: '/m/$model', params: { model }, search: search as never, replace: true });
  };
  return [view, set];
}

function withFilter(view: View, filter: Filter | undefined): View {
  const next = { ...view };
  delete next.filter;
  return filter ? { ...next, filter } : next;
}

const pageSize = 100;

function useRecords(model: VisibleModel, view: View) {
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

function RecordList({ model }: { model: VisibleModel }) {
  const navigate = useNavigate();
  const [view, setView] = useView();
  const [isFiltering, setFiltering] = useState(view.filter !== undefined);
  const [isCreating, setCreating] = useState(false);
  const records = useRecords(model, view);
  const open = (record: AnyRecord): void => void navigate({ to: '/m/$model/$id', params: { model: model.key, id: record.id } });
  return (
    <div className="flex h-full min-h-0 flex-col">
      <title>{`${model.labelPlural} · Piper`}</title>
      <header className="flex flex-wrap items-center gap-2 px-4 pt-4 pb-3 sm:px-5">
        <div className="min-w-0 flex-1 basis-40">
          <h1 className="text-lg font-semibold tracking-tight">{model.labelPlural}</h1>
          <Count total={records.data?.pages[0]?.meta?.filter_count} />
        </div>
        {model.search.length > 0 ? (
          <SearchField
            label={`Search ${model.labelPlural.toLowerCase()}`}
            value={view.q ?? ''}
            onChange={(q) => setView({ ...view, q })}
          />
        ) : null}
        <Button aria-expanded={isFiltering} onClick={() => setFiltering(!isFiltering)}>
          <ListFilter size={15} aria-hidden /> Filter
        </Button>
        {model.verbs.includes('create') && model.allowedActions.includes('create') ? (
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus size={16} aria-hidden /> New
          </Button>
        ) : null}
      </header>
      {isFiltering ? (
        <FilterBar key={model.key} model={model} filter={view.filter} onFilter={(filter) => setView(withFilter(view, filter))} />
      ) : null}
      <QueryView
        query={records}
        skeleton={
          <div className="px-5">
            <SkeletonRows rows={8} />
          </div>
        }
      >
        {() => <RecordTable model={model} view={view} onView={setView} records={records} onOpen={open} />}
      </QueryView>
      <Dialog title={`New ${model.label.toLowerCase()}`} isOpen={isCreating} onClose={() => setCreating(false)} size="lg">
        <RecordForm model={model} record={undefined} onClose={() => setCreating(false)} onSaved={open} />
      </Dialog>
    </div>
  );
}

function Count({ total }: { total: number | undefined }) {
  const text = total === undefined ? '\u00a0' : total === 1 ? '1 record' : `${total.toLocaleString('en')} records`;
  return (
    <p role="status" className="text-[0.8125rem] text-muted">
      {text}
    </p>
  );
}

interface RecordTableProps {
  model: VisibleModel;
  view: View;
  onView: (view: View) => void;
  records: ReturnType<typeof useRecords>;
  onOpen: (record: AnyRecord) => void;
}

function RecordTable({ model, view, onView, records, onOpen }: RecordTableProps) {
  const doomed = useDoomed();
  const rows = (records.data?.pages.flatMap((page) => page.data) ?? []).filter(({ id }) => !doomed.has(id));
  if (rows.length === 0) return <NoRecords model={model} view={view} onView={onView} />;
  return (
    <DataTable
      label={model.labelPlural}
      columns={columnsOf(model)}
      rows={rows}
      total={records.data?.pages[0]?.meta?.filter_count}
      keyOf={(row) => row.id}
      sort={view.sort ?? model.defaultSort[0] ?? ''}
      onSort={(sort) => onView({ ...view, sort })}
      onOpen={onOpen}
      onEndReached={() => {
        if (records.hasNextPage && !records.isFetchingNextPage) void records.fetchNextPage();
      }}
    />
  );
}

function NoRecords({ model, view, onView }: Pick<RecordTableProps, 'model' | 'view' | 'onView'>) {
  const isNarrowed = Boolean(view.q) || view.filter !== undefined;
  return (
    <div className="px-5">
      <EmptyState
        icon={SearchX}
        title={isNarrowed ? 'Nothing matches' : `No ${model.labelPlural.toLowerCase()} yet`}
        action={isNarrowed ? <Button onClick={() => onView({})}>Show all</Button> : undefined}
      >
        {isNarrowed ? 'Change the search or the filter.' : model.description}
      </EmptyState>
    </div>
  );
}

function SearchField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const settled = useDeferredValue(text.trim());
  useEffect(() => {
    if (settled === value) return;
    const timer = setTimeout(() => onChange(settled), 250);
    return () => clearTimeout(timer);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only what was typed counts
  }, [settled]);
  return (
    <div className="w-full sm:w-56">
      <TextField
        label={label}
        hideLabel
        type="search"
        placeholder="Search"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}

const wide = new Set(['text', 'long-text', 'json', 'email']);

/** The name first, then what the definition shows, times last. */
function columnsOf(model: VisibleModel): Column<AnyRecord>[] {
  const shown = model.fields.filter(
    (field) =>
      !field.hidden && !field.onDemand && field.relation?.kind !== 'one-to-many' && field.key !== 'id' && field.key !== 'version',
  );
  const rank = (field: VisibleField): number =>
    field.key === model.titleField ? 0 : ['createdAt', 'updatedAt', 'createdBy'].includes(field.key) ? 2 : 1;
  return shown
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, 10)
    .map((field) => {
      const { Cell } = fieldUiOf(field.type);
      return {
        key: field.key,
        label: labelOf(field),
        isSortable: field.sortable,
        width:
          field.key === model.titleField
            ? 'minmax(14rem, 2fr)'
            : wide.has(field.type)
              ? 'minmax(11rem, 1.5fr)'
              : 'minmax(8rem, 1fr)',
        render: (record) => <Cell field={field} value={record[field.key]} record={record} />,
      };
    });
}
