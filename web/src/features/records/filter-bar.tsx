/** Builds a filter from conditions that must all hold; what it can't express (from a link) is kept and can be taken away. */
import type { Filter } from '@piper/shared/filter/filter';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { asText, choicesOf, labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import type { VisibleField, VisibleModel } from '../../platform/records.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { SelectField, TextField, type Option } from '../../ui/field.tsx';

const operatorWords: Record<string, string> = {
  _eq: 'is',
  _neq: 'is not',
  _icontains: 'contains',
  _nicontains: 'does not contain',
  _istarts_with: 'starts with',
  _lt: 'is less than',
  _lte: 'is at most',
  _gt: 'is more than',
  _gte: 'is at least',
  _contains: 'has',
  _ncontains: 'does not have',
  _intersects_bbox: 'is in the box',
  _null: 'is empty',
  _nnull: 'is not empty',
};
const flags = new Set(['_null', '_nnull']);

interface Condition {
  field: string;
  operator: string;
  value: string;
}

/** The conditions of a filter made here; undefined for any other. */
export function conditionsOf(filter: Filter | undefined): Condition[] | undefined {
  if (!filter) return [];
  const terms = filter['_and'];
  if (!Array.isArray(terms) || Object.keys(filter).length > 1) return undefined;
  const conditions = terms.map((term) => conditionOf(term as Filter));
  return conditions.includes(undefined) ? undefined : (conditions as Condition[]);
}

function conditionOf(term: Filter): Condition | undefined {
  const [field, test] = Object.entries(term)[0] ?? [];
  if (!field || field.startsWith('_') || typeof test !== 'object' || test === null || Array.isArray(test)) return undefined;
  const [operator, value] = Object.entries(test)[0] ?? [];
  if (!operator || !(operator in operatorWords)) return undefined;
  return { field, operator, value: typeof value === 'object' ? JSON.stringify(value) : String(value ?? '') };
}

function filterOf(conditions: readonly Condition[], model: VisibleModel): Filter | undefined {
  const complete = conditions.filter(({ operator, value }) => flags.has(operator) || value.trim() !== '');
  if (complete.length === 0) return undefined;
  return {
    _and: complete.map(({ field, operator, value }): Filter => {
      const { parse } = fieldUiOf(model.fields.find(({ key }) => key === field) ?? { type: 'text' });
      return { [field]: { [operator]: flags.has(operator) ? true : (parse(value) as string) } };
    }),
  };
}

interface FilterBarProps {
  model: VisibleModel;
  filter: Filter | undefined;
  onFilter: (filter: Filter | undefined) => void;
}

export function FilterBar({ model, filter, onFilter }: FilterBarProps) {
  const fields = model.fields
    .filter((field) => operatorsOf(field).length > 0)
    .toSorted((a, b) => Number(b.key === model.titleField) - Number(a.key === model.titleField));
  const first: Condition = { field: fields[0]?.key ?? 'id', operator: operatorsOf(fields[0])[0] ?? '_eq', value: '' };
  const [conditions, setConditions] = useState(() => conditionsOf(filter) ?? []);
  const shown = conditions.length > 0 ? conditions : [first];
  const isForeign = conditionsOf(filter) === undefined;
  const change = (next: Condition[]): void => {
    setConditions(next);
    onFilter(filterOf(next, model));
  };
  return (
    <section aria-label="Filter" className="mx-4 mb-3 flex flex-col gap-2 rounded-lg border border-border p-3 sm:mx-5">
      {isForeign ? (
        <p className="text-[0.8125rem] text-muted">
          The link to this list brought a filter of its own: <code className="break-all">{JSON.stringify(filter)}</code>
        </p>
      ) : null}
      {shown.map((condition, index) => (
        <ConditionRow
          key={index}
          fields={fields}
          condition={condition}
          onChange={(changed) => change(shown.with(index, changed))}
          onRemove={() => change(shown.toSpliced(index, 1))}
        />
      ))}
      <div className="flex gap-2">
        <Button size="sm" onClick={() => setConditions([...shown, first])}>
          <Plus size={14} aria-hidden /> Condition
        </Button>
        {filter ? (
          <Button size="sm" variant="ghost" onClick={() => change([])}>
            Clear
          </Button>
        ) : null}
      </div>
    </section>
  );
}

/** Texts are searched regardless of case; whether a list has an element is another question under the same name. */
const operatorsOf = (field: VisibleField | undefined): string[] =>
  Object.keys(operatorWords).filter(
    (operator) =>
      field?.operators.includes(operator) && !(/^_n?contains$/.test(operator) && field.operators.includes('_icontains')),
  );

interface ConditionRowProps {
  fields: readonly VisibleField[];
  condition: Condition;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ConditionRow({ fields, condition, onChange, onRemove }: ConditionRowProps) {
  const field = fields.find(({ key }) => key === condition.field) ?? fields[0];
  const operators = operatorsOf(field).map((operator) => ({ value: operator, label: operatorWords[operator] ?? operator }));
  const setField = (key: string): void => {
    const next = fields.find((each) => each.key === key);
    onChange({ field: key, operator: operatorsOf(next)[0] ?? '_eq', value: '' });
  };
  return (
    <div className="grid grid-cols-[1fr_1fr_auto] items-end gap-2 sm:grid-cols-[12rem_10rem_1fr_auto]">
      <SelectField
        label="Field"
        hideLabel
        options={fields.map((each) => ({ value: each.key, label: labelOf(each) }))}
        value={field?.key ?? ''}
        onChange={(event) => setField(event.target.value)}
      />
      <SelectField
        label="Comparison"
        hideLabel
        options={operators}
        value={condition.operator}
        onChange={(event) => onChange({ ...condition, operator: event.target.value })}
      />
      <div className="max-sm:order-last max-sm:col-span-3">
        {flags.has(condition.operator) ? null : (
          <ValueField field={field} value={condition.value} onChange={(value) => onChange({ ...condition, value })} />
        )}
      </div>
      <IconButton label="Remove this condition" onClick={onRemove}>
        <X size={15} aria-hidden />
      </IconButton>
    </div>
  );
}

const yesOrNo = [
  { value: 'true', label: 'yes' },
  { value: 'false', label: 'no' },
];
const inputTypes: Record<string, string> = {
  'date-time': 'date',
  date: 'date',
  time: 'time',
  integer: 'number',
  rating: 'number',
};

function offeredTo(field: VisibleField | undefined): Option[] | undefined {
  if (!field) return undefined;
  const type = field.result ?? field.type;
  if (type === 'boolean') return yesOrNo;
  return type === 'select' || type === 'multi-select' ? choicesOf(field) : undefined;
}

interface ValueFieldProps {
  field: VisibleField | undefined;
  value: string;
  onChange: (value: string) => void;
}

function ValueField({ field, value, onChange }: ValueFieldProps) {
  const choices = offeredTo(field);
  if (choices) {
    const options = [{ value: '', label: 'Choose…' }, ...choices];
    return (
      <SelectField label="Value" hideLabel options={options} value={value} onChange={(event) => onChange(event.target.value)} />
    );
  }
  if (field && field.relation?.kind === 'many-to-one') {
    const { Input } = fieldUiOf(field);
    return <Input field={{ ...field, label: 'Value', required: true }} value={value} onChange={(id) => onChange(asText(id))} />;
  }
  const type = inputTypes[field?.result ?? field?.type ?? ''] ?? 'text';
  const shown = type === 'date' ? value.slice(0, 10) : value;
  return <TextField label="Value" hideLabel type={type} value={shown} onChange={(event) => onChange(event.target.value)} />;
}
