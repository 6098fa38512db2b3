/** Builds a filter from conditions that must all hold; what it can't express (from a link) is kept until it is taken away. */
import type { Filter } from '@piper/shared/filter/filter';
import { Plus, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { asText, choicesOf, labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import type { VisibleField, VisibleModel } from '../../platform/records.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { SelectField, TextField, type Option } from '../../ui/field.tsx';
import { useDraft } from './draft.ts';
import { conditionsOf, filterOf, isFlag, isToMany, operatorsOf, problemOf, wordOf, type Condition } from './filter-conditions.ts';

interface FilterBarProps {
  model: VisibleModel;
  filter: Filter | undefined;
  onFilter: (filter: Filter | undefined) => void;
}

const stateOf = (filter: Filter | undefined): string => (filter ? JSON.stringify(filter) : '');
const emptyOn = (field: VisibleField | undefined): Condition => ({
  field: field?.key ?? 'id',
  operator: (field && operatorsOf(field)[0]) ?? '_eq',
  value: '',
});

export function FilterBar({ model, filter, onFilter }: FilterBarProps) {
  const [conditions, setConditions] = useDraft(stateOf(filter), () => conditionsOf(filter, model));
  const change = (next: readonly Condition[]): void => {
    const sound = next.filter((condition) => {
      const field = model.fields.find(({ key }) => key === condition.field);
      return field && problemOf(condition, field) === undefined;
    });
    const made = filterOf(sound, model);
    setConditions([...next], stateOf(made));
    onFilter(made);
  };
  const clear = filter ? (
    <Button size="sm" variant={conditions ? 'ghost' : 'secondary'} onClick={() => change([])}>
      Clear
    </Button>
  ) : null;
  return (
    <section aria-label="Filter" className="mx-4 mb-3 flex flex-col gap-2 rounded-lg border border-border p-3 sm:mx-5">
      {conditions ? (
        <Conditions {...{ model, conditions }} onChange={change}>
          {clear}
        </Conditions>
      ) : (
        <>
          <p className="text-[0.8125rem] text-muted">
            The link to this list brought a filter of its own: <code className="break-all">{JSON.stringify(filter)}</code>
          </p>
          <div>{clear}</div>
        </>
      )}
    </section>
  );
}

interface ConditionsProps {
  model: VisibleModel;
  conditions: readonly Condition[];
  onChange: (conditions: readonly Condition[]) => void;
  /** Beside the button for one more. */
  children?: ReactNode;
}

/** Rows of field, comparison and value; the first stands there before there is one. */
export function Conditions({ model, conditions, onChange, children }: ConditionsProps) {
  const fields = model.fields
    .filter((field) => operatorsOf(field).length > 0)
    .filter(({ key }) => key !== 'deletedAt' || conditions.some(({ field }) => field === key))
    .toSorted((a, b) => Number(b.key === model.titleField) - Number(a.key === model.titleField));
  const shown = conditions.length > 0 ? conditions : [emptyOn(fields[0])];
  return (
    <>
      {shown.map((condition, index) => (
        <ConditionRow
          key={index}
          fields={fields}
          condition={condition}
          onChange={(changed) => onChange(shown.with(index, changed))}
          onRemove={() => onChange(shown.toSpliced(index, 1))}
        />
      ))}
      <div className="flex gap-2">
        <Button size="sm" onClick={() => onChange([...shown, emptyOn(fields[0])])}>
          <Plus size={14} aria-hidden /> Condition
        </Button>
        {children}
      </div>
    </>
  );
}

interface ConditionRowProps {
  fields: readonly VisibleField[];
  condition: Condition;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ConditionRow({ fields, condition, onChange, onRemove }: ConditionRowProps) {
  const field = fields.find(({ key }) => key === condition.field) ?? fields[0];
  if (!field) return null;
  const operators = operatorsOf(field).map((operator) => ({ value: operator, label: wordOf(operator, field) }));
  return (
    <div className="@container">
      <div className="grid grid-cols-[1fr_1fr_auto] items-start gap-2 @xl:grid-cols-[12rem_10rem_1fr_auto]">
        <SelectField
          label="Field"
          hideLabel
          options={fields.map((each) => ({ value: each.key, label: labelOf(each) }))}
          value={field.key}
          onChange={(event) => onChange(emptyOn(fields.find(({ key }) => key === event.target.value)))}
        />
        <SelectField
          label="Comparison"
          hideLabel
          options={operators}
          value={condition.operator}
          onChange={(event) => onChange({ ...condition, operator: event.target.value })}
        />
        <div className="@max-xl:order-last @max-xl:col-span-3">
          {isFlag(condition.operator) ? null : (
            <ValueField
              key={field.key}
              field={field}
              value={condition.value}
              problem={problemOf(condition, field)}
              onChange={(value) => onChange({ ...condition, value })}
            />
          )}
        </div>
        <IconButton label="Remove this condition" onClick={onRemove}>
          <X size={15} aria-hidden />
        </IconButton>
      </div>
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

function offeredTo(field: VisibleField): Option[] | undefined {
  const type = field.result ?? field.type;
  if (type === 'boolean') return yesOrNo;
  return type === 'select' || type === 'multi-select' ? choicesOf(field) : undefined;
}

/** The model of the one record a condition names, in whatever way the field holds such records. */
function targetOf(field: VisibleField): string | undefined {
  const { relation } = field;
  return relation?.kind === 'many-to-one' || relation?.kind === 'id-list' || isToMany(field) ? relation?.target : undefined;
}

interface ValueFieldProps {
  field: VisibleField;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
}

function ValueField({ field, value, problem, onChange }: ValueFieldProps) {
  const choices = offeredTo(field);
  if (choices) {
    const options = [{ value: '', label: 'Choose…' }, ...choices];
    return (
      <SelectField label="Value" hideLabel options={options} value={value} onChange={(event) => onChange(event.target.value)} />
    );
  }
  if (targetOf(field) !== undefined || field.relation?.kind === 'any')
    return (
      // What stands in a row of fields has its label from there.
      <div className="[&_legend]:sr-only">
        <RecordField {...{ field, value, onChange }} />
      </div>
    );
  const type = inputTypes[field.result ?? field.type] ?? 'text';
  return (
    <TextField
      label="Value"
      hideLabel
      type={type}
      problem={problem}
      {...(type === 'date' ? { max: '9999-12-31' } : {})}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function RecordField({ field: { help: _help, ...field }, value, onChange }: Omit<ValueFieldProps, 'problem'>) {
  const target = targetOf(field);
  const plain = { ...field, label: 'Value', required: true };
  if (target === undefined) {
    const { Input } = fieldUiOf(field);
    const [model = '', id = ''] = value.split(':');
    const set = (chosen: unknown): void => {
      const reference = chosen as { model: string; id: string } | null;
      onChange(reference ? `${reference.model}:${reference.id}` : '');
    };
    return <Input field={plain} value={value === '' ? null : { model, id }} onChange={set} />;
  }
  const { Input } = fieldUiOf({ type: 'relation' });
  const one = { ...plain, relation: { kind: 'many-to-one' as const, target, as: field.key } };
  return <Input field={one} value={value} onChange={(id) => onChange(asText(id))} />;
}
