/** The list of any model: search, filters and sorting in the address, so that a view can be sent as a link. */
import { limits } from '@piper/shared/limits';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { ListFilter, Plus, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { dataModelQuery, recordHref, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { PageQueryView, QueryView } from '../shell/query-view.tsx';
import { ColumnMenu } from './column-menu.tsx';
import { useDraft } from './draft.ts';
import { FilterBar } from './filter-bar.tsx';
import { RecordForm } from './record-form.tsx';
import { RecordTable } from './record-table.tsx';
import { mayRestore, useCount, useRecords, useView, type View } from './record-view.ts';

export function RecordListPage() {
  const { model: key = '', project } = useParams({ strict: false });
  const query = useQuery(dataModelQuery(key, project));
  return <PageQueryView query={query}>{(model) => <RecordList key={model.id} model={model} />}</PageQueryView>;
}

function RecordList({ model }: { model: VisibleModel }) {
  const navigate = useNavigate();
  const [asked, setView] = useView();
  const view: View = mayRestore(model) ? asked : { ...asked, deleted: undefined };
  const [isCreating, setCreating] = useState(false);
  const records = useRecords(model, view);
  const counted = useCount(model, view);
  // Where all of them are on the page nobody needs to count.
  const total = records.data && !records.hasNextPage && !records.isPlaceholderData ? sizeOf(records.data.pages) : counted;
  const open = (record: AnyRecord): void => void navigate({ to: recordHref(model, record.id) });
  const mayCreate = model.verbs.includes('create') && model.allowedActions.includes('create');
  const create = mayCreate ? () => setCreating(true) : undefined;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Head model={model} view={view} onView={setView} total={total} onCreate={create} />
      {records.data ? (
        <RecordTable {...{ model, view, records, total }} onView={setView} onOpen={open} onCreate={create} />
      ) : (
        <div className="px-4 sm:px-5">
          <QueryView query={records} rows={8}>
            {() => null}
          </QueryView>
        </div>
      )}
      <Dialog title={`New ${model.label.toLowerCase()}`} isOpen={isCreating} onClose={() => setCreating(false)} size="lg">
        <RecordForm model={model} record={undefined} onClose={() => setCreating(false)} onSaved={open} />
      </Dialog>
    </div>
  );
}

const sizeOf = (pages: readonly { data: readonly unknown[] }[]): number => pages.reduce((sum, { data }) => sum + data.length, 0);

interface HeadProps {
  model: VisibleModel;
  view: View;
  onView: (change: View) => void;
  total: number | undefined;
  onCreate: (() => void) | undefined;
}

/** A button whose effect is on the list, whether or not it is open. */
const isOn = 'bg-accent-soft text-accent-soft-foreground';

function Head({ model, view, onView, total, onCreate }: HeadProps) {
  const [isFiltering, setFiltering] = useState(view.filter !== undefined);
  const plural = model.labelPlural.toLowerCase();
  const title = view.deleted ? `Deleted ${plural}` : model.labelPlural;
  return (
    <>
      <title>{`${title} · Piper`}</title>
      <header className="flex flex-wrap items-center gap-2 px-4 pt-4 pb-3 sm:px-5">
        <div className="min-w-0 flex-1 basis-40">
          <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
          <Count total={total} />
        </div>
        {model.search.length > 0 ? (
          <SearchField label={`Search ${plural}`} value={view.q ?? ''} onChange={(q) => onView({ q })} />
        ) : null}
        <Button aria-expanded={isFiltering} className={view.filter ? isOn : ''} onClick={() => setFiltering(!isFiltering)}>
          <ListFilter size={15} aria-hidden /> Filter
        </Button>
        <ColumnMenu model={model} view={view} onView={onView} />
        {mayRestore(model) ? (
          <Button
            aria-pressed={view.deleted === true}
            className={view.deleted ? isOn : ''}
            onClick={() => onView({ deleted: view.deleted ? undefined : true, sort: undefined })}
          >
            <Trash2 size={15} aria-hidden /> Deleted
          </Button>
        ) : null}
        {onCreate && !view.deleted ? (
          <Button variant="primary" onClick={onCreate}>
            <Plus size={16} aria-hidden /> New
          </Button>
        ) : null}
      </header>
      {isFiltering ? <FilterBar model={model} filter={view.filter} onFilter={(filter) => onView({ filter })} /> : null}
      {view.deleted ? (
        <p className="px-4 pb-3 text-[0.8125rem] text-muted sm:px-5">
          What is deleted can be restored for {limits.recordUndoDays} days.
        </p>
      ) : null}
    </>
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
  const [text, setText] = useDraft(value, () => value);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => {
      setText(text, text.trim());
      onChange(text.trim());
    }, 250);
    return () => clearTimeout(timer);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only what was typed counts
  }, [text]);
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
