/** One record of any model. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ArrowLeft, Pencil, Trash2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTargetsOf, wholeRecord } from '../../fields/targets.ts';
import { useTitle } from '../../fields/titles.ts';
import {
  dataModelQuery,
  isSystemField,
  modelHref,
  readRecord,
  recordsPath,
  type AnyRecord,
  type VisibleField,
  type VisibleModel,
} from '../../platform/records.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { PageQueryView } from '../shell/query-view.tsx';
import { deleteOne, restoreOne } from './delete-record.ts';
import { DownloadButton } from './download-button.tsx';
import { RecordComments } from './record-comments.tsx';
import { isEditable, RecordForm } from './record-form.tsx';
import { RecordHistory } from './record-history.tsx';
import { Related, Values } from './record-values.tsx';
import { mayRestore } from './record-view.ts';

export function RecordDetailPage() {
  const { model: key = '', project } = useParams({ strict: false });
  const query = useQuery(dataModelQuery(key, project));
  return <PageQueryView query={query}>{(model) => <RecordOf key={model.id} model={model} />}</PageQueryView>;
}

function RecordOf({ model }: { model: VisibleModel }) {
  const { id = '' } = useParams({ strict: false });
  const targets = useTargetsOf(model);
  const fields = wholeRecord(model, targets ?? []);
  const path = recordsPath(model);
  const query = useQuery({
    queryKey: ['record', path, id, fields],
    enabled: targets !== undefined,
    queryFn: () => readRecord(path, id, fields, { deleted: mayRestore(model) ? 'with' : undefined }),
  });
  return <PageQueryView query={query}>{(record) => <Detail key={record.id} model={model} record={record} />}</PageQueryView>;
}

function Detail({ model, record }: { model: VisibleModel; record: AnyRecord }) {
  const title = useTitle(model, record);
  const shown = model.fields.filter((field) => field.relation?.kind !== 'one-to-many' && record[field.key] !== undefined);
  const isInner = (field: VisibleField): boolean => isSystemField(field) || field.hidden === true;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-5 px-4 py-5 sm:px-7">
      <title>{`${title} · Piper`}</title>
      <Head model={model} record={record} title={title} />
      <Values fields={shown.filter((field) => !isInner(field))} record={record} />
      <details>
        <summary className="text-[0.8125rem] text-muted">Record</summary>
        <div className="pt-2">
          <Values fields={shown.filter(isInner)} record={record} />
        </div>
      </details>
      <Related model={model} record={record} />
      {model.project === undefined ? null : (
        <>
          {isDeleted(record) ? null : <RecordComments model={model} record={record} />}
          <RecordHistory model={model} record={record} />
        </>
      )}
    </div>
  );
}

/** It waits in the bin; only those who may restore it get to see it. */
const isDeleted = (record: AnyRecord): boolean => typeof record['deletedAt'] === 'string';

function Head({ model, record, title }: { model: VisibleModel; record: AnyRecord; title: string }) {
  const navigate = useNavigate();
  const [isEditing, setEditing] = useState(false);
  const may = (action: string): boolean =>
    !isDeleted(record) &&
    model.verbs.includes(action as 'update') &&
    (record.allowedActions ?? model.allowedActions).includes(action as 'update');
  const remove = async (): Promise<void> => {
    await navigate({ to: modelHref(model) });
    deleteOne(model, record, title);
  };
  return (
    <header className="flex flex-wrap items-center gap-2">
      <Link
        to={modelHref(model)}
        search={(isDeleted(record) ? { deleted: true } : {}) as never}
        className={buttonClass('ghost', 'sm', '-ml-2 text-muted')}
      >
        <ArrowLeft size={15} aria-hidden /> {model.labelPlural}
      </Link>
      <span className="flex-1" />
      {model.key === 'files' ? <DownloadButton record={record} /> : null}
      {may('update') && model.fields.some((field) => isEditable(field, record)) ? (
        <Button size="sm" onClick={() => setEditing(true)}>
          <Pencil size={14} aria-hidden /> Edit
        </Button>
      ) : null}
      {may('delete') ? (
        <Button size="sm" variant="danger-soft" onClick={() => void remove()}>
          <Trash2 size={14} aria-hidden /> Delete
        </Button>
      ) : null}
      {isDeleted(record) ? (
        <>
          <Badge tone="danger">Deleted</Badge>
          <Button size="sm" onClick={() => void restoreOne(model, record, title)}>
            <Undo2 size={14} aria-hidden /> Restore
          </Button>
        </>
      ) : null}
      <h1 className="w-full truncate text-xl font-semibold tracking-tight">{title}</h1>
      <Dialog title={`Edit ${model.label.toLowerCase()}`} isOpen={isEditing} onClose={() => setEditing(false)} size="lg">
        <RecordForm model={model} record={record} onClose={() => setEditing(false)} onSaved={() => undefined} />
      </Dialog>
    </header>
  );
}
