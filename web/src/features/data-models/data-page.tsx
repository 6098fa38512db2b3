/** The data models of a project. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { History, Plus, Table2 } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { modelHref } from '../../platform/records.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { ItemList } from '../../ui/item-list.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { showToast } from '../../ui/toast.tsx';
import { canManage, useOwnRole, useProject } from '../projects/project.ts';
import { ModelIcon } from '../records/model-icon.tsx';
import { QueryView } from '../shell/query-view.tsx';
import { ChangeDesk, useApply } from './change-dialog.tsx';
import { EmptyBin } from './empty-bin.tsx';
import { deletedModelsQuery, modelsQuery, type ModelSummary } from './models.ts';
import { NewModelDialog } from './new-model-dialog.tsx';

export function DataPage() {
  const project = useProject();
  return (
    <ChangeDesk project={project.slug}>
      <Models slug={project.slug} id={project.id} />
    </ChangeDesk>
  );
}

function Models({ slug, id }: { slug: string; id: string }) {
  const mayManage = canManage(useOwnRole(id));
  const [isCreating, setCreating] = useState(false);
  const [search, setSearch] = useState('');
  const query = useQuery(modelsQuery(slug));
  const create = mayManage ? (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus size={16} aria-hidden /> New data model
    </Button>
  ) : undefined;
  const history = mayManage ? (
    <Link to="/p/$project/changes" params={{ project: slug }} className={buttonClass('secondary')}>
      <History size={15} aria-hidden /> Changes
    </Link>
  ) : null;
  return (
    <Page
      title="Data"
      description="What this project keeps: each data model is a table with its own API, forms and rules."
      actions={
        <>
          {history}
          {create}
        </>
      }
    >
      <QueryView query={query}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState icon={Table2} title={mayManage ? 'Make the first data model' : 'No data yet'} action={create}>
              {mayManage
                ? 'A data model describes one kind of thing: customers, orders, tickets. Name it, give it some fields, and its records can be kept.'
                : 'Nobody has made a data model that you may see.'}
            </EmptyState>
          ) : (
            <>
              {all.length > 8 ? <Search value={search} onChange={setSearch} /> : null}
              <ModelList project={slug} models={matching(all, search)} />
            </>
          )
        }
      </QueryView>
      {mayManage ? <Bin project={slug} hasModels={(query.data?.length ?? 0) > 0} /> : null}
      <NewModelDialog project={slug} isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

const matching = (models: readonly ModelSummary[], search: string): ModelSummary[] => {
  const words = search.trim().toLowerCase();
  return models.filter(({ key, label, labelPlural }) => `${key} ${label} ${labelPlural}`.toLowerCase().includes(words));
};

function Search({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <div className="w-full sm:w-64">
      <TextField
        label="Search data models"
        hideLabel
        type="search"
        placeholder="Search"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

function ModelList({ project, models }: { project: string; models: readonly ModelSummary[] }) {
  if (models.length === 0) return <p className="text-sm text-muted">Nothing matches.</p>;
  return (
    <ItemList className="card divide-y divide-separator" aria-label="Data models">
      {models.map((model) => (
        <li key={model.id} className="first:rounded-t-xl last:rounded-b-xl hover:bg-surface-secondary">
          <Link data-item to={modelHref({ key: model.key, project })} className="flex items-start gap-3 rounded-lg px-4 py-3">
            <ModelIcon name={model.icon} />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{model.labelPlural}</span>
              {model.description ? <span className="block truncate text-[0.8125rem] text-muted">{model.description}</span> : null}
            </span>
            <code className="hidden truncate text-xs text-muted sm:block">{model.key}</code>
            <span className="shrink-0 text-xs text-muted">
              {model.fieldCount === 1 ? '1 field' : `${model.fieldCount} fields`}
            </span>
          </Link>
        </li>
      ))}
    </ItemList>
  );
}

/** Also where only fields may lie in it. */
function Bin({ project, hasModels }: { project: string; hasModels: boolean }) {
  const apply = useApply();
  const { data } = useQuery(deletedModelsQuery(project));
  if (!data || (data.length === 0 && !hasModels)) return null;
  const restore = (model: ModelSummary): void => {
    apply([{ do: 'restore-model', model: model.id }], { done: `“${model.label}” is back.` }).catch((error: unknown) =>
      showToast(messageOf(error), { tone: 'danger' }),
    );
  };
  return (
    <Section
      title="Bin"
      description="Deleted data models, and deleted fields of those above, keep what they hold for 30 days. A field is restored where it was."
      actions={<EmptyBin project={project} />}
    >
      <ul className="card divide-y divide-separator empty:hidden" aria-label="Deleted data models">
        {data.map((model) => (
          <li key={model.id} className="flex items-center gap-3 px-4 py-2.5 text-sm">
            <span className="min-w-0 flex-1 truncate">{model.label}</span>
            <Button size="sm" aria-label={`Restore ${model.label}`} onClick={() => restore(model)}>
              Restore
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
