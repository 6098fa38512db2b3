/** Who may do what with the records of a data model; whose eyes it is seen with; why something is refused; tests of it. */
import type { Action, Rule } from '@piper/shared/data-model';
import type { Filter } from '@piper/shared/filter/filter';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useProject } from '../projects/project.ts';
import { inWords, rowsOf } from './filter-field.tsx';
import { useModel, type DesignedModel } from './models.ts';
import { PermissionTests } from './permission-tests.tsx';
import { useQuickApply } from './quick-apply.ts';
import { useRoles } from './roles.ts';
import { RuleForm } from './rule-form.tsx';
import { ViewAs } from './view-as.tsx';
import { WhyNot } from './why-not.tsx';

const actions: { action: Action; title: string }[] = [
  { action: 'read', title: 'Read' },
  { action: 'create', title: 'Create' },
  { action: 'update', title: 'Change' },
  { action: 'delete', title: 'Delete' },
];

interface Editing {
  rule: Rule;
  isNew: boolean;
}

export function RulesPage() {
  const model = useModel();
  const project = useProject().slug;
  const [editing, setEditing] = useState<Editing>();
  const close = (): void => setEditing(undefined);
  return (
    <Page
      title={`${model.labelPlural}: rules`}
      description="What no rule allows is forbidden. Several rules for one action are alternatives."
    >
      {actions.map(({ action, title }) => (
        <ActionRules key={action} model={model} action={action} title={title} onEdit={setEditing} />
      ))}
      <WhyNot project={project} model={model} />
      <ViewAs project={project} model={model} />
      <PermissionTests project={project} model={model} />
      <Dialog title={editing?.isNew ? 'New rule' : 'Rule'} isOpen={editing !== undefined} onClose={close} size="lg">
        {editing ? <RuleForm model={model} {...editing} onClose={close} /> : null}
      </Dialog>
    </Page>
  );
}

interface ActionRulesProps {
  model: DesignedModel;
  action: Action;
  title: string;
  onEdit: (editing: Editing) => void;
}

function ActionRules({ model, action, title, onEdit }: ActionRulesProps) {
  const quick = useQuickApply(model);
  const rules = model.rules.map((rule, index) => ({ rule, index })).filter(({ rule }) => rule.action === action);
  const fresh: Rule = { action, roles: [], filter: {}, fields: '*' };
  const remove = (index: number): void =>
    quick.mutate({
      actions: [{ do: 'set-rules', model: model.id, rules: model.rules.toSpliced(index, 1) }],
      done: 'Rule deleted.',
    });
  const add = (
    <Button size="sm" aria-label={`New rule for ${title.toLowerCase()}`} onClick={() => onEdit({ rule: fresh, isNew: true })}>
      <Plus size={14} aria-hidden /> Rule
    </Button>
  );
  return (
    <Section title={title} actions={add}>
      {rules.length === 0 ? <p className="text-sm text-muted">Nobody.</p> : null}
      <ul className="card divide-y divide-separator empty:hidden" aria-label={`Rules for ${title.toLowerCase()}`}>
        {rules.map(({ rule, index }) => (
          <li key={index} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 text-sm">
            {/* As messages name it. */}
            <span className="self-start text-xs text-muted">Rule {index + 1}</span>
            <div className="flex min-w-0 flex-1 basis-36 flex-col gap-1">
              <Roles roles={rule.roles} />
              <Sentence model={model} rule={rule} />
            </div>
            <span className="flex">
              <IconButton label={`Edit rule ${index + 1}`} size="sm" onClick={() => onEdit({ rule, isNew: false })}>
                <Pencil size={14} aria-hidden />
              </IconButton>
              <IconButton label={`Delete rule ${index + 1}`} size="sm" disabled={quick.isPending} onClick={() => remove(index)}>
                <Trash2 size={14} aria-hidden />
              </IconButton>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Roles({ roles }: { roles: readonly string[] | undefined }) {
  const names = useRoles(useProject().slug);
  if (!roles) return <span>Everybody in the project</span>;
  if (roles.length === 0) return <span className="text-muted">Nobody</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {roles.map((key) => (
        <Badge key={key} tone="accent">
          {names.find((role) => role.key === key)?.name ?? key}
        </Badge>
      ))}
    </span>
  );
}

function Sentence({ model, rule: { filter, check, presets, fields, description } }: { model: DesignedModel; rule: Rule }) {
  const labels = fields === '*' ? [] : fields.map((key) => model.fields.find((field) => field.key === key)?.label ?? key);
  return (
    <span className="text-[0.8125rem] break-words text-muted">
      {description ? `${description} · ` : ''}
      {Object.keys(filter).length === 0 ? 'all records' : <FilterWords model={model} filter={filter} lead="where " />}
      {check ? <FilterWords model={model} filter={check} lead=", if afterwards " /> : null}
      {presets ? (
        <>
          , sets <code>{JSON.stringify(presets)}</code>
        </>
      ) : null}
      {labels.length === 0 ? '' : `, only ${labels.join(', ')}`}
      {fields !== '*' && labels.length === 0 ? ', no field' : ''}
    </span>
  );
}

interface FilterWordsProps {
  model: DesignedModel;
  filter: Filter;
  lead: string;
}

/** As its form shows it: in words where it is plain, as JSON where it is not. */
function FilterWords({ model, filter, lead }: FilterWordsProps) {
  const words = inWords(rowsOf(filter, model), model);
  return (
    <>
      {lead}
      {words ?? <code>{JSON.stringify(filter)}</code>}
    </>
  );
}
