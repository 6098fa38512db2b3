/** Who changed what of a record and when, and the way back to how it was. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { recordsPath, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
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

export function RecordHistory({ model, record }: Of) {
  const params = { project: model.project ?? '', model: model.id, id: record.id };
  const query = useQuery({
    queryKey: ['record', recordsPath(model), record.id, 'revisions'],
    queryFn: async () => (await api('listRevisions', { params, query: { limit: 50 } })).data,
  });
  const revert = useMutation({
    mutationFn: (revision: string) => api('revertItem', { params, body: { revision } }),
    onSuccess: ({ meta }) =>
      showToast(meta.skipped.length === 0 ? 'It is as it was.' : `It is as it was, except: ${meta.skipped.join(', ')}.`),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => refreshModel(model),
  });
  const mayRevert = (record.allowedActions ?? model.allowedActions).includes('update');
  return (
    <Section title="History">
      <QueryView query={query} rows={3}>
        {(revisions) => (
          <ol className="card divide-y divide-separator" aria-label="History">
            {revisions.map((revision, i) => (
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
    </Section>
  );
}

const inner = new Set(['id', 'version', 'createdAt', 'updatedAt', 'createdBy', 'updatedBy', 'deletedAt']);

function Changes({ model, record, changes }: Of & { changes: readonly Change[] }) {
  const shown = changes.filter(({ field }) => !inner.has(field));
  if (shown.length === 0) return null;
  return (
    <dl className="grid gap-x-3 gap-y-0.5 text-[0.8125rem] sm:grid-cols-[9rem_1fr]">
      {shown.map(({ field: key, before, after }) => {
        const field = model.fields.find((each) => each.key === key);
        const { Cell } = fieldUiOf(field ?? { type: 'json' });
        const shownField = field ?? {
          key,
          type: 'json',
          label: key,
          operators: [],
          sortable: false,
          creatable: false,
          updatable: false,
        };
        return (
          <div key={key} className="contents">
            <dt className="truncate text-muted">{labelOf(shownField)}</dt>
            <dd className="flex min-w-0 flex-wrap items-baseline gap-x-2">
              {before === null || before === undefined ? null : (
                <del className="min-w-0 truncate text-danger-soft-foreground">
                  <Cell field={shownField} value={before} record={{ id: record.id, [key]: before }} />
                </del>
              )}
              <ins className="min-w-0 truncate text-success-soft-foreground no-underline">
                <Cell field={shownField} value={after} record={{ id: record.id, [key]: after }} />
              </ins>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
