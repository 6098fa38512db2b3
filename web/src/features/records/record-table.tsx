/** The table of a view's records, with a column per field worth showing; and what stands there when there are none. */
import { Plus, SearchX, Trash2 } from 'lucide-react';
import { labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import { messageOf } from '../../platform/api-error.ts';
import type { AnyRecord, VisibleField, VisibleModel } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useDoomed } from '../shell/delete-later.ts';
import { BinActions } from './bin-actions.tsx';
import { shownFields, sortOf, type useRecords, type View } from './record-view.ts';

interface RecordTableProps {
  model: VisibleModel;
  view: View;
  onView: (change: View) => void;
  records: ReturnType<typeof useRecords>;
  total: number | undefined;
  onOpen: (record: AnyRecord) => void;
  /** Absent for those who may not. */
  onCreate: (() => void) | undefined;
}

export function RecordTable({ model, view, onView, records, total, onOpen, onCreate }: RecordTableProps) {
  const doomed = useDoomed();
  const rows = (records.data?.pages.flatMap((page) => page.data) ?? []).filter(({ id }) => !doomed.has(id));
  if (rows.length === 0 && !records.hasNextPage) return <NoRecords {...{ model, view, onView, onCreate }} />;
  const columns = shownFields(model, view).map((field) => columnOf(field, model));
  return (
    <DataTable
      label={model.labelPlural}
      columns={view.deleted ? [binColumn(model), ...columns] : columns}
      rows={rows}
      total={total}
      keyOf={(row) => row.id}
      sort={sortOf(model, view)}
      onSort={(sort) => onView({ sort })}
      onOpen={onOpen}
      isReading={records.isFetching}
      onEndReached={() => {
        if (records.hasNextPage && !records.isError) void records.fetchNextPage();
      }}
      footer={records.error ? <NotRead error={records.error} onRetry={() => retry(records)} /> : null}
    />
  );
}

/** What failed is asked again: the next page, or all that is shown. */
function retry({ isFetchNextPageError, fetchNextPage, refetch }: RecordTableProps['records']): void {
  void (isFetchNextPageError ? fetchNextPage() : refetch());
}

function NotRead({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const again = (
    <Button size="sm" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <div className="sticky left-0 max-w-[min(40rem,100vw)] p-3">
      <Notice tone="danger" action={again}>
        {messageOf(error)}
      </Notice>
    </div>
  );
}

function NoRecords({ model, view, onView, onCreate }: Pick<RecordTableProps, 'model' | 'view' | 'onView' | 'onCreate'>) {
  if (view.q || view.filter)
    return (
      <Empty
        icon={SearchX}
        title="Nothing matches"
        action={<Button onClick={() => onView({ q: undefined, filter: undefined })}>Show all</Button>}
      >
        Change the search or the filter.
      </Empty>
    );
  if (view.deleted) return <Empty icon={Trash2} title="Nothing is deleted" />;
  const create = onCreate ? (
    <Button variant="primary" onClick={onCreate}>
      <Plus size={16} aria-hidden /> New {model.label.toLowerCase()}
    </Button>
  ) : undefined;
  return (
    <Empty icon={SearchX} title={`No ${model.labelPlural.toLowerCase()} yet`} action={create}>
      {model.description}
    </Empty>
  );
}

const Empty = (props: Parameters<typeof EmptyState>[0]) => (
  <div className="px-5">
    <EmptyState {...props} />
  </div>
);

const numbers = new Set(['integer', 'decimal', 'currency', 'percent', 'duration']);
const wide = new Set(['text', 'long-text', 'json', 'email', 'date-time']);

function columnOf(field: VisibleField, model: VisibleModel): Column<AnyRecord> {
  const { Cell } = fieldUiOf(field);
  const isTitle = field.key === model.titleField;
  return {
    key: field.key,
    label: labelOf(field),
    isSortable: field.sortable,
    isNumber: numbers.has(field.result ?? field.type) && !isTitle,
    width: isTitle ? 'minmax(14rem, 2fr)' : wide.has(field.type) ? 'minmax(11rem, 1.5fr)' : 'minmax(8rem, 1fr)',
    render: (record) => <Cell field={field} value={record[field.key]} record={record} />,
  };
}

const binColumn = (model: VisibleModel): Column<AnyRecord> => ({
  key: 'bin',
  label: 'Actions',
  isSortable: false,
  width: '10rem',
  render: (record, isActive) => <BinActions model={model} record={record} isActive={isActive} />,
});
