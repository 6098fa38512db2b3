/** One rule: for whom, on which records, with what result, over which fields. */
import type { Rule } from '@piper/shared/data-model';
import type { Filter } from '@piper/shared/filter/filter';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { SwitchField, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useProject } from '../projects/project.ts';
import { useApply } from './change-dialog.tsx';
import { CheckList } from './check-list.tsx';
import { JsonField } from './json-field.tsx';
import type { DesignedModel } from './models.ts';
import { useRoles } from './roles.ts';

interface RuleFormProps {
  model: DesignedModel;
  index: number;
  rule: Rule;
  onClose: () => void;
}

const parts = ['filter', 'check', 'presets'] as const;
type Part = (typeof parts)[number];
const shownParts = (action: Rule['action']): readonly Part[] =>
  action === 'create' ? ['check', 'presets'] : action === 'update' ? parts : ['filter'];

const words: Record<Part, { label: string; help: string; placeholder: string }> = {
  filter: {
    label: 'On which records',
    help: 'A filter as JSON; empty: all of them.',
    placeholder: '{ "createdBy": { "_eq": "$CURRENT_USER" } }',
  },
  check: {
    label: 'What must hold afterwards',
    help: 'A filter as JSON; empty: the filter on records again.',
    placeholder: '{ "state": { "_in": ["open", "waiting"] } }',
  },
  presets: { label: 'Set where nothing was given', help: 'Values by field, as JSON.', placeholder: '{ "state": "open" }' },
};

export function RuleForm({ model, index, rule, onClose }: RuleFormProps) {
  const apply = useApply();
  const roles = useRoles(useProject().slug);
  const [draft, setDraft] = useState(rule);
  const [broken, setBroken] = useState<Partial<Record<Part, boolean>>>({});
  const save = useMutation({
    mutationFn: () => {
      const rules = index < model.rules.length ? model.rules.with(index, draft) : [...model.rules, draft];
      return apply([{ do: 'set-rules', model: model.id, rules }], { done: 'Rules changed.' });
    },
    onSuccess: (made) => (made ? onClose() : undefined),
  });
  const errors = fieldErrors(save.error);
  const errorOf = (part: string): string | undefined =>
    Object.entries(errors).find(([path]) => path.startsWith(`actions[0].rules[${index}].${part}`))?.[1];
  const setPart = (part: Part, value: Filter | undefined, isValid: boolean): void => {
    setBroken({ ...broken, [part]: !isValid });
    if (isValid) setDraft(withPart(draft, part, value));
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const isBroken = Object.values(broken).some(Boolean);
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <CheckList
        legend="For whom"
        options={roles.map(({ key, name }) => ({ value: key, label: name }))}
        value={draft.roles ?? roles.map(({ key }) => key)}
        onChange={(chosen) => setDraft({ ...draft, roles: chosen })}
      />
      {shownParts(draft.action).map((part) => (
        <JsonField
          key={part}
          {...words[part]}
          value={part === 'filter' && Object.keys(draft.filter).length === 0 ? undefined : draft[part]}
          onChange={(value, isValid) => setPart(part, value as Filter | undefined, isValid)}
          error={errorOf(part)}
        />
      ))}
      {draft.action === 'delete' ? null : <Fields model={model} draft={draft} onChange={setDraft} />}
      <TextField
        label="Why it is there"
        value={draft.description ?? ''}
        onChange={(event) => setDraft({ ...draft, description: event.target.value })}
      />
      {save.error ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending} disabled={isBroken || save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

function withPart(rule: Rule, part: Part, value: Filter | undefined): Rule {
  if (part === 'filter') return { ...rule, filter: value ?? {} };
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
        onChange={(isAll) => onChange({ ...draft, fields: isAll ? '*' : choices.map(({ value }) => value) })}
      />
      {draft.fields === '*' ? null : (
        <CheckList legend="Fields" options={choices} value={draft.fields} onChange={(fields) => onChange({ ...draft, fields })} />
      )}
    </>
  );
}
