/** The table of a view's records, with a column per field worth showing; and what stands there when there are none. */
import { SearchX } from 'lucide-react';
import { labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import type { AnyRecord, VisibleField, VisibleModel } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useDoomed } from '../shell/delete-later.ts';
import type { useRecords, View } from './record-view.ts';

interface RecordTableProps {
  model: VisibleModel;
  view: View;
  onView: (view: View) => void;
  records: ReturnType<typeof useRecords>;
  onOpen: (record: AnyRecord) => void;
}

export function RecordTable({ model, view, onView, records, onOpen }: RecordTableProps) {
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

const wide = new Set(['text', 'long-text', 'json', 'email']);

/** What comes with a list's records. */
const isShown = ({ key, relation, operators }: VisibleField): boolean =>
  relation?.kind !== 'one-to-many' && key !== 'id' && key !== 'version' && operators.length > 0;

/** The name first, then what the definition shows, times last. */
function columnsOf(model: VisibleModel): Column<AnyRecord>[] {
  const shown = model.fields.filter((field) => !field.hidden && !field.onDemand && isShown(field));
  const rank = (field: VisibleField): number =>
    field.key === model.titleField ? 0 : ['createdAt', 'updatedAt', 'createdBy', 'updatedBy'].includes(field.key) ? 2 : 1;
  return shown
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, 10)
    .map((field) => {
      const { Cell } = fieldUiOf(field);
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
