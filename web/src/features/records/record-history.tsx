/** Who changed what of a record and when, and the way back to how it was. */
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { isBlank, labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { isSystemField, recordsPath, type AnyRecord, type VisibleField, type VisibleModel } from '../../platform/records.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { showToast } from '../../ui/toast.tsx';
import { QueryView } from '../shell/query-view.tsx';
import { refreshModel } from './record-form.tsx';

interface Of {
  model: VisibleModel;
  record: AnyRecord;
}

interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

/** A field that is gone since shows its values as they were kept. */
const fieldOf = (model: VisibleModel, key: string): VisibleField =>
  model.fields.find((each) => each.key === key) ?? {
    key,
    type: 'json',
    label: key,
    operators: [],
    sortable: false,
    creatable: false,
    updatable: false,
  };

export function RecordHistory({ model, record }: Of) {
  const params = { project: model.project ?? '', model: model.id, id: record.id };
  const query = useInfiniteQuery({
    queryKey: ['record', recordsPath(model), record.id, 'revisions'],
    queryFn: ({ pageParam }) =>
      api('listRevisions', { params, query: { limit: 20, ...(pageParam === undefined ? {} : { cursor: pageParam }) } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ meta }) => meta.nextCursor ?? undefined,
  });
  const revert = useMutation({
    mutationFn: (revision: string) => api('revertItem', { params, body: { revision } }),
    onSuccess: ({ meta }) => {
      const skipped = meta.skipped.map((key) => labelOf(fieldOf(model, key))).join(', ');
      showToast(skipped === '' ? 'It is as it was.' : `It is as it was, except: ${skipped}.`);
    },
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => refreshModel(model),
  });
  const isThere = (record['deletedAt'] ?? null) === null;
  const mayRevert = isThere && (record.allowedActions ?? model.allowedActions).includes('update');
  return (
    <Section title="History">
      <QueryView query={query} rows={3}>
        {({ pages }) => (
          <ol className="card divide-y divide-separator" aria-label="History">
            {pages
              .flatMap(({ data }) => data)
              .map((revision, i) => (
                <li key={revision.id} className="flex flex-col gap-1.5 px-4 py-2.5 text-sm">
                  <div className="flex flex-wrap items-center gap-2">
                    <Badge>{revision.type}</Badge>
                    <span className="min-w-0 flex-1 truncate text-[0.8125rem] text-muted">
                      {revision.by?.name ?? revision.actor.split(':')[0]} · <Time at={revision.at} />
                    </span>
                    {i > 0 && mayRevert && revision.type !== 'deleted' ? (
                      <Button size="sm" variant="ghost" disabled={revert.isPending} onClick={() => revert.mutate(revision.id)}>
                        <Undo2 size={14} aria-hidden /> Back to this
                      </Button>
                    ) : null}
                  </div>
                  <Changes model={model} record={record} changes={revision.changes} />
                </li>
              ))}
          </ol>
        )}
      </QueryView>
      {query.hasNextPage ? (
        <Button size="sm" className="self-center" isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Earlier changes
        </Button>
      ) : null}
    </Section>
  );
}

const isNothing = (value: unknown): boolean => isBlank(value) || (Array.isArray(value) && value.length === 0);

function Changes({ model, record, changes }: Of & { changes: readonly Change[] }) {
  const shown = changes.map(({ field, ...change }) => ({ field: fieldOf(model, field), ...change }));
  const placeOf = ({ key }: VisibleField): number => model.fields.findIndex((each) => each.key === key) >>> 0;
  const own = shown.filter(({ field }) => !isSystemField(field)).toSorted((a, b) => placeOf(a.field) - placeOf(b.field));
  if (own.length === 0) return null;
  return (
    <dl className="grid gap-x-3 gap-y-0.5 text-[0.8125rem] sm:grid-cols-[9rem_1fr]">
      {own.map(({ field, before, after }) => {
        const { Cell } = fieldUiOf(field);
        const show = (value: unknown) => <Cell field={field} value={value} record={{ id: record.id, [field.key]: value }} />;
        return (
          <div key={field.key} className="contents">
            <dt className="truncate text-muted">{labelOf(field)}</dt>
            <dd className="flex min-w-0 flex-wrap items-baseline gap-x-2">
              {isNothing(before) ? null : <del className="min-w-0 truncate text-danger-soft-foreground">{show(before)}</del>}
              <ins className="min-w-0 truncate text-success-soft-foreground no-underline">{show(after)}</ins>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
