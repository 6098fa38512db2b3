/** One record of any model. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ArrowLeft, Download, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { asText, labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import { ApiError, messageOf } from '../../platform/api-error.ts';
import { send } from '../../platform/http.ts';
import {
  dataModelQuery,
  dataModelsQuery,
  deleteRecord,
  readRecord,
  type AnyRecord,
  type VisibleField,
  type VisibleModel,
} from '../../platform/records.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonPage } from '../../ui/skeleton.tsx';
import { showToast } from '../../ui/toast.tsx';
import { NotFound } from '../shell/failures.tsx';
import { deleteLater } from '../shell/delete-later.ts';
import { RecordForm, refreshModel } from './record-form.tsx';

export function RecordDetailPage() {
  const { model: key = '', id = '' } = useParams({ strict: false });
  const model = useQuery(dataModelQuery(key));
  const models = useQuery(dataModelsQuery);
  const fields = model.data && models.data ? expandedFields(model.data, models.data) : '*';
  const record = useQuery({
    queryKey: ['record', key, id, fields],
    enabled: model.data !== undefined && models.data !== undefined,
    queryFn: () => readRecord(key, id, fields),
  });
  const error = model.error ?? record.error;
  if (model.data && record.data) return <Detail model={model.data} record={record.data} />;
  if (!error) return <SkeletonPage />;
  if (error instanceof ApiError && error.status === 404) return <NotFound />;
  return (
    <div className="p-6">
      <Notice
        tone="danger"
        action={
          <Button size="sm" onClick={() => void record.refetch()}>
            Try again
          </Button>
        }
      >
        {messageOf(error)}
      </Notice>
    </div>
  );
}

/** Everything of the record itself, what it may be used for, and the names of those it points to. */
function expandedFields(model: VisibleModel, models: readonly VisibleModel[]): string {
  const names = model.fields.flatMap(({ key, relation, onDemand }) => {
    const own = onDemand ? [key] : [];
    if (relation?.kind !== 'many-to-one') return own;
    const target = models.find((each) => each.key === relation.target);
    return target ? [...own, `${relation.as}.id`, `${relation.as}.${target.titleField}`] : own;
  });
  return ['*', 'allowedActions', ...new Set(names)].join(',');
}

const systemKeys = new Set(['id', 'createdAt', 'updatedAt', 'createdBy', 'version']);

function Detail({ model, record }: { model: VisibleModel; record: AnyRecord }) {
  const navigate = useNavigate();
  const [isEditing, setEditing] = useState(false);
  const may = (action: string): boolean =>
    model.verbs.includes(action as 'update') && (record.allowedActions ?? model.allowedActions).includes(action as 'update');
  const title = asText(record[model.titleField]) || record.id;
  const shown = model.fields.filter((field) => field.relation?.kind !== 'one-to-many' && record[field.key] !== undefined);
  const isInner = (field: VisibleField): boolean => systemKeys.has(field.key) || field.hidden === true;
  const isEditable = may('update') && model.fields.some((field) => field.updatable && !field.hidden);
  const remove = async (): Promise<void> => {
    await navigate({ to: '/m/$model', params: { model: model.key } });
    const run = (): Promise<void> => deleteRecord(model.key, record.id);
    deleteLater({ id: record.id, text: `Deleted “${title}”.`, run, refresh: () => refreshModel(model.key) });
  };
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-5 px-4 py-5 sm:px-7">
      <title>{`${title} · Piper`}</title>
      <header className="flex flex-wrap items-center gap-2">
        <Link to="/m/$model" params={{ model: model.key }} className={buttonClass('ghost', 'sm', '-ml-2 text-muted')}>
          <ArrowLeft size={15} aria-hidden /> {model.labelPlural}
        </Link>
        <span className="flex-1" />
        {model.key === 'files' ? <DownloadButton record={record} /> : null}
        {isEditable ? (
          <Button size="sm" onClick={() => setEditing(true)}>
            <Pencil size={14} aria-hidden /> Edit
          </Button>
        ) : null}
        {may('delete') ? (
          <Button size="sm" variant="danger-soft" onClick={() => void remove()}>
            <Trash2 size={14} aria-hidden /> Delete
          </Button>
        ) : null}
        <h1 className="w-full truncate text-xl font-semibold tracking-tight">{title}</h1>
      </header>
      <Values fields={shown.filter((field) => !isInner(field))} record={record} />
      <details>
        <summary className="text-[0.8125rem] text-muted">Record</summary>
        <div className="pt-2">
          <Values fields={shown.filter(isInner)} record={record} />
        </div>
      </details>
      <Related model={model} record={record} />
      <Dialog title={`Edit ${model.label.toLowerCase()}`} isOpen={isEditing} onClose={() => setEditing(false)} size="lg">
        <RecordForm model={model} record={record} onClose={() => setEditing(false)} onSaved={() => undefined} />
      </Dialog>
    </div>
  );
}

function Values({ fields, record }: { fields: readonly VisibleField[]; record: AnyRecord }) {
  return (
    <dl className="card divide-y divide-separator text-sm">
      {fields.map((field) => {
        const { View } = fieldUiOf(field);
        return (
          <div key={field.key} className="grid gap-x-4 gap-y-0.5 px-4 py-2.5 sm:grid-cols-[11rem_1fr]">
            <dt className="text-[0.8125rem] text-muted">{labelOf(field)}</dt>
            <dd className="min-w-0">
              <View field={field} value={record[field.key]} record={record} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** The lists of records that point to this one. */
function Related({ model, record }: { model: VisibleModel; record: AnyRecord }) {
  const relations = model.fields.filter((field) => field.relation?.kind === 'one-to-many');
  if (relations.length === 0) return null;
  return (
    <nav aria-label="Related" className="flex flex-wrap gap-2">
      {relations.map((field) =>
        field.relation?.kind === 'one-to-many' ? (
          <Link
            key={field.key}
            to="/m/$model"
            params={{ model: field.relation.target }}
            search={{ filter: { _and: [{ [field.relation.by]: { _eq: record.id } }] } } as never}
            className={buttonClass('secondary', 'sm')}
          >
            {field.label}
          </Link>
        ) : null,
      )}
    </nav>
  );
}

/** The content needs the token, so it is fetched and handed to the browser as a file. */
function DownloadButton({ record }: { record: AnyRecord }) {
  const download = async (): Promise<void> => {
    try {
      const response = await send('GET', `/api/files/${record.id}/content`, { query: { download: true } });
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      link.href = url;
      link.download = asText(record['name']) || 'file';
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      showToast(messageOf(error), { tone: 'danger' });
    }
  };
  return (
    <Button size="sm" onClick={() => void download()}>
      <Download size={14} aria-hidden /> Download
    </Button>
  );
}
