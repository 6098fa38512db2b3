/** Beside the editor: the variables with their types and defaults, the settings, and what the prompt reads like filled in. */
import type { PromptReply, PromptSettings } from '@piper/shared/prompts';
import { renderPrompt, type PromptVariable } from '@piper/shared/prompts-template';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { SelectField, TextField } from '../../ui/field.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { aiModelsQuery, describeAiModel } from '../chat/ai-models.ts';
import { usedVariables, type PromptDraft } from './prompt-draft.ts';
import { VariableInputs, type Variable } from './variable-inputs.tsx';

interface PromptSideProps {
  prompt: PromptReply;
  draft: PromptDraft;
  onDraft: (draft: PromptDraft) => void;
  isReadOnly: boolean;
}

export function PromptSide({ draft, onDraft, isReadOnly }: PromptSideProps) {
  const variables = usedVariables(draft);
  const change = (changed: Variable): void => {
    const others = draft.variables.filter(({ name }) => name !== changed.name);
    onDraft({ ...draft, variables: [...others, changed] });
  };
  return (
    <div className="flex flex-col gap-6 p-4">
      <section aria-label="Variables" className="flex flex-col gap-3">
        <h2 className="text-sm font-semibold">Variables</h2>
        {variables.length === 0 ? (
          <p className="text-[0.8125rem] text-muted">Write {'{{name}}'} where a value belongs; it appears here.</p>
        ) : null}
        {variables.map((variable) => (
          <fieldset key={variable.name} disabled={isReadOnly} className="rounded-lg border border-border p-3">
            <legend className="px-1 font-mono text-xs text-accent-soft-foreground">{variable.name}</legend>
            <VariableForm variable={variable} onChange={change} />
          </fieldset>
        ))}
      </section>
      <SettingsForm settings={draft.settings} isReadOnly={isReadOnly} onChange={(settings) => onDraft({ ...draft, settings })} />
      <Preview draft={draft} variables={variables} />
    </div>
  );
}

const types = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'boolean', label: 'Yes or no' },
  { value: 'select', label: 'Choice' },
  { value: 'date', label: 'Date' },
];

/** A field left empty is left out. */
function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}

function VariableForm({ variable, onChange }: { variable: Variable; onChange: (variable: Variable) => void }) {
  const type = variable.type ?? 'text';
  const setType = (value: string): void => {
    const next = without(without(variable, 'default'), 'options');
    onChange({
      ...next,
      type: value as NonNullable<Variable['type']>,
      ...(value === 'select' ? { options: ['First', 'Second'] } : {}),
    });
  };
  const setDefault = (text: string): void =>
    onChange(text === '' ? without(variable, 'default') : { ...variable, default: parseDefault(type, text) });
  const setDescription = (text: string): void =>
    onChange(text === '' ? without(variable, 'description') : { ...variable, description: text });
  return (
    <div className="flex flex-col gap-2">
      <SelectField label="Type" options={types} value={type} onChange={(event) => setType(event.target.value)} />
      {type === 'select' ? <ChoicesField variable={variable} onChange={onChange} /> : null}
      {type === 'boolean' || type === 'select' ? (
        <SelectField
          label="Default"
          options={[{ value: '', label: 'None: it must be given' }, ...defaultChoices(variable)]}
          value={String(variable.default ?? '')}
          onChange={(event) => setDefault(event.target.value)}
        />
      ) : (
        <TextField
          label="Default"
          type={type === 'number' ? 'number' : type === 'date' ? 'date' : 'text'}
          placeholder="None: it must be given"
          value={String(variable.default ?? '')}
          onChange={(event) => setDefault(event.target.value)}
        />
      )}
      <TextField
        label="Description"
        maxLength={2000}
        value={variable.description ?? ''}
        onChange={(event) => setDescription(event.target.value)}
      />
    </div>
  );
}

const defaultChoices = (variable: Variable) =>
  variable.type === 'boolean'
    ? [
        { value: 'true', label: 'Yes' },
        { value: 'false', label: 'No' },
      ]
    : (variable.options ?? []).map((option) => ({ value: option, label: option }));

function parseDefault(type: NonNullable<Variable['type']>, text: string): string | number | boolean {
  if (type === 'number') return Number(text);
  return type === 'boolean' ? text === 'true' : text;
}

function ChoicesField({ variable, onChange }: { variable: Variable; onChange: (variable: Variable) => void }) {
  const [text, setText] = useState((variable.options ?? []).join(', '));
  const apply = (): void => {
    const options = [
      ...new Set(
        text
          .split(',')
          .map((option) => option.trim())
          .filter(Boolean),
      ),
    ];
    onChange({ ...without(variable, 'default'), options });
  };
  return (
    <TextField
      label="Choices"
      help="Separated by commas."
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={apply}
    />
  );
}

interface SettingsFormProps {
  settings: PromptSettings;
  isReadOnly: boolean;
  onChange: (settings: PromptSettings) => void;
}

function SettingsForm({ settings, isReadOnly, onChange }: SettingsFormProps) {
  const { data } = useQuery(aiModelsQuery);
  const models = data?.data ?? [];
  const isListed = !settings.aiModel || models.some(({ id }) => id === settings.aiModel);
  const options = [
    { value: '', label: `Default${data ? ` (${describeAiModel(data, data.meta.default)})` : ''}` },
    ...(isListed
      ? []
      : [{ value: settings.aiModel ?? '', label: `${describeAiModel(data, settings.aiModel ?? '')} (not available)` }]),
    ...models.map(({ id }) => ({ value: id, label: describeAiModel(data, id) })),
  ];
  const set = <K extends keyof PromptSettings>(key: K, value: PromptSettings[K] | undefined): void =>
    onChange(value === undefined ? without(settings, key) : { ...settings, [key]: value });
  const numberOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));
  return (
    <section aria-label="Settings" className="flex flex-col gap-3">
      <h2 className="text-sm font-semibold">Settings</h2>
      <SelectField
        label="AI model"
        disabled={isReadOnly}
        options={options}
        value={settings.aiModel ?? ''}
        onChange={(event) => set('aiModel', event.target.value || undefined)}
      />
      <TextField
        label="Temperature"
        type="number"
        min={0}
        max={2}
        step={0.1}
        disabled={isReadOnly}
        placeholder="The AI model’s own"
        value={settings.temperature ?? ''}
        onChange={(event) => set('temperature', numberOf(event.target.value))}
        help="0 is sober, 2 is wild."
      />
      <TextField
        label="Longest answer, in tokens"
        type="number"
        min={1}
        max={1_000_000}
        step={1}
        disabled={isReadOnly}
        placeholder="The AI model’s own"
        value={settings.maxTokens ?? ''}
        onChange={(event) => set('maxTokens', numberOf(event.target.value))}
      />
    </section>
  );
}

function Preview({ draft, variables }: { draft: PromptDraft; variables: Variable[] }) {
  const [values, setValues] = useState<Record<string, unknown>>({});
  const rendered = renderPrompt(draft.content, variables as PromptVariable[], values);
  return (
    <details className="flex flex-col gap-3">
      <summary className="text-sm font-semibold">Preview</summary>
      <div className="flex flex-col gap-3 pt-3">
        <VariableInputs variables={variables} values={values} onChange={setValues} />
        {rendered.ok ? (
          <ScrollRegion label="The prompt filled in" className="max-h-80 rounded-lg bg-surface-secondary p-3 text-xs">
            <pre className="whitespace-pre-wrap">{rendered.text}</pre>
          </ScrollRegion>
        ) : (
          <p className="text-[0.8125rem] text-muted">{rendered.problems.map((problem) => problem.message).join(' ')}</p>
        )}
      </div>
    </details>
  );
}
