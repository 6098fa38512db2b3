/** The list of any model: search, filters and sorting in the address, so that a view can be sent as a link. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { ListFilter, Plus } from 'lucide-react';
import { useDeferredValue, useEffect, useState } from 'react';
import { ApiError, messageOf } from '../../platform/api-error.ts';
import { dataModelQuery, recordHref, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonPage, SkeletonRows } from '../../ui/skeleton.tsx';
import { NotFound } from '../shell/failures.tsx';
import { QueryView } from '../shell/query-view.tsx';
import { FilterBar } from './filter-bar.tsx';
import { RecordForm } from './record-form.tsx';
import { RecordTable } from './record-table.tsx';
import { useRecords, useView, withFilter } from './record-view.ts';

export function RecordListPage() {
  const { model: key = '', project } = useParams({ strict: false });
  const { data, error } = useQuery(dataModelQuery(key, project));
  if (data) return <RecordList key={data.id} model={data} />;
  if (!error) return <SkeletonPage />;
  if (error instanceof ApiError && error.status === 404) return <NotFound />;
  return (
    <div className="p-6">
      <Notice tone="danger">{messageOf(error)}</Notice>
    </div>
  );
}

function RecordList({ model }: { model: VisibleModel }) {
  const navigate = useNavigate();
  const [view, setView] = useView();
  const [isFiltering, setFiltering] = useState(view.filter !== undefined);
  const [isCreating, setCreating] = useState(false);
  const records = useRecords(model, view);
  const open = (record: AnyRecord): void => void navigate({ to: recordHref(model, record.id) });
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
