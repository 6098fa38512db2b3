/** One rule: for whom, on which records, with what result, over which fields. */
import type { Rule } from '@piper/shared/data-model';
import type { Filter } from '@piper/shared/filter/filter';
import { useState, type FormEvent } from 'react';
import { fieldErrors } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { SwitchField, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useProject } from '../projects/project.ts';
import { CheckList } from './check-list.tsx';
import { FilterField } from './filter-field.tsx';
import { JsonField } from './json-field.tsx';
import type { DesignedModel } from './models.ts';
import { useRoles } from './roles.ts';
import { SaveProblem, useSave } from './save-form.tsx';

interface RuleFormProps {
  model: DesignedModel;
  rule: Rule;
  isNew: boolean;
  onClose: () => void;
}

const parts = ['filter', 'check', 'presets'] as const;
type Part = (typeof parts)[number];
const shownParts = (action: Rule['action']): readonly Part[] =>
  action === 'create' ? ['check', 'presets'] : action === 'update' ? parts : ['filter'];

const filters = {
  filter: {
    label: 'On which records',
    help: 'all of them.',
    placeholder: '{ "createdBy": { "_eq": "$CURRENT_USER" } }',
  },
  check: {
    label: 'What must hold afterwards',
    help: 'the filter on records again.',
    placeholder: '{ "state": { "_in": ["open", "waiting"] } }',
  },
};

/** Where the rule is by now: others may have put some before it. */
const placeOf = (rule: Rule, { rules }: DesignedModel): number =>
  rules.findIndex((each) => JSON.stringify(each) === JSON.stringify(rule));

export function RuleForm({ model, rule, isNew, onClose }: RuleFormProps) {
  const save = useSave(model, onClose);
  const roles = useRoles(useProject().slug);
  const [draft, setDraft] = useState(rule);
  const index = isNew ? model.rules.length : placeOf(rule, model);
  const isGone = index < 0 && !save.isPending && !save.data;
  const errors = fieldErrors(save.error);
  const pathOf = (part: string): string => `actions[0].rules[${index}].${part}`;
  const errorOf = (part: Part): string | undefined => {
    const [path, message] = Object.entries(errors).find(([each]) => each.startsWith(pathOf(part))) ?? [];
    if (path === undefined) return undefined;
    const named = model.fields.find(({ key }) => key === placeInPath(path.slice(pathOf(part).length), model));
    return named ? `“${named.label}” ${message}` : message;
  };
  const isShown = (path: string): boolean => shownParts(draft.action).some((part) => path.startsWith(pathOf(part)));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const rules = isNew ? [...model.rules, draft] : model.rules.with(index, draft);
    save.mutate({ actions: [{ do: 'set-rules', model: model.id, rules }], done: 'Rules changed.' });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <CheckList
        legend="For whom"
        required={isNew}
        options={roles.map(({ key, name }) => ({ value: key, label: name }))}
        value={draft.roles ?? roles.map(({ key }) => key)}
        onChange={(chosen) => setDraft({ ...draft, roles: chosen })}
      />
      {shownParts(draft.action).map((part) => {
        const error = errorOf(part);
        return part === 'presets' ? (
          <JsonField
            key={part}
            label="Set where nothing was given"
            help="Values by field, as JSON."
            placeholder='{ "state": "open" }'
            value={draft.presets}
            onChange={(presets) => setDraft(withPart(draft, 'presets', presets))}
            error={error}
          />
        ) : (
          <FilterField
            key={part}
            model={model}
            {...filters[part]}
            value={draft[part]}
            onChange={(filter) => setDraft(withPart(draft, part, filter))}
            error={error}
          />
        );
      })}
      {draft.action === 'delete' ? null : <Fields model={model} draft={draft} onChange={setDraft} />}
      <TextField
        label="Why it is there"
        value={draft.description ?? ''}
        onChange={(event) => setDraft({ ...draft, description: event.target.value })}
      />
      <SaveProblem error={save.error} isShown={isShown} />
      {isGone ? (
        <Notice tone="danger">Somebody changed or deleted this rule. Close this and look at it as it is now.</Notice>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending} disabled={isGone}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** The last field of the model that the path of a refusal goes over. */
const placeInPath = (path: string, model: DesignedModel): string | undefined =>
  path.split(/[.[\]]+/).findLast((word) => model.fields.some(({ key }) => key === word));

function withPart(rule: Rule, part: Part, value: Rule[Part]): Rule {
  if (part === 'filter') return { ...rule, filter: (value ?? {}) as Filter };
  const { [part]: _old, ...rest } = rule;
  return value === undefined ? rest : { ...rest, [part]: value };
}

function Fields({ model, draft, onChange }: { model: DesignedModel; draft: Rule; onChange: (rule: Rule) => void }) {
  const choices = model.fields.filter(({ hidden }) => !hidden).map(({ key, label }) => ({ value: key, label }));
  return (
    <>
      <SwitchField
        label="All fields"
        help="Also those that are added later."
        checked={draft.fields === '*'}
        onChange={(isAll) => onChange({ ...draft, fields: isAll ? '*' : [] })}
      />
      {draft.fields === '*' ? null : (
        <CheckList
          legend="Fields"
          required
          options={choices}
          value={draft.fields}
          onChange={(fields) => onChange({ ...draft, fields })}
        />
      )}
    </>
  );
}
