/** What a lookup, rollup or formula is made of, chosen from the fields and functions there are. */
import type { Filter } from '@piper/shared/filter/filter';
import { fieldTypes } from '@piper/shared/fields/index';
import { rollupFunctions, rollupResult } from '@piper/shared/formula/related';
import { choicesOf, labelOf } from '../../fields/field-ui.ts';
import { OptionsForm, type Options } from '../../fields/options-form.tsx';
import { useTarget } from '../../fields/targets.ts';
import type { VisibleField, VisibleModel } from '../../platform/records.ts';
import { SelectField, type Option } from '../../ui/field.tsx';
import { FilterField } from './filter-field.tsx';
import { FormulaField } from './formula-field.tsx';
import type { DesignedModel } from './models.ts';

interface TypeOptionsProps {
  model: DesignedModel;
  type: string;
  value: Options;
  onChange: (value: Options) => void;
  errors: Readonly<Record<string, string>>;
}

/** The options of a field's type. */
export function TypeOptions(props: TypeOptionsProps) {
  const { model, type, value, onChange, errors } = props;
  if (type === 'lookup' || type === 'rollup') return <Related {...props} />;
  if (type === 'formula')
    return (
      <FormulaField
        model={model}
        value={typeof value['formula'] === 'string' ? value['formula'] : ''}
        onChange={(formula) => onChange({ ...value, formula })}
        error={errors['options.formula'] ?? errors['options']}
      />
    );
  return <OptionsForm options={fieldTypes.get(type)?.options ?? []} value={value} onChange={onChange} errors={errors} />;
}

const leadsOn = ({ relation }: VisibleField): boolean =>
  relation !== undefined && relation.kind !== 'any' && relation.kind !== 'id-list';
/** Lists are read over a relation of their own; what may not be compared has no value to take. */
const holdsValue = ({ relation, hidden }: VisibleField): boolean =>
  !hidden && relation?.kind !== 'one-to-many' && relation?.kind !== 'many-to-many' && relation?.kind !== 'any';

/** Options name fields by id; whoever wrote them through the API may have used keys. */
const named = (fields: readonly VisibleField[], reference: unknown): VisibleField | undefined =>
  fields.find(({ id }) => id !== undefined && id === reference) ?? fields.find(({ key }) => key === reference);
const nameOf = ({ id, key }: VisibleField): string => id ?? key;
const optionsOf = (fields: readonly VisibleField[], first: string): Option[] => [
  { value: '', label: first },
  ...fields.map((field) => ({ value: nameOf(field), label: labelOf(field) })),
];

function Related({ model, type, value, onChange, errors }: TypeOptionsProps) {
  const relations = model.fields.filter(leadsOn);
  const relation = named(relations, value['relation']);
  const set = (part: Options): void => onChange({ ...value, ...part });
  return (
    <>
      <SelectField
        label="Relation"
        required
        options={optionsOf(relations, 'Choose…')}
        value={relation ? nameOf(relation) : ''}
        onChange={(event) => set({ relation: event.target.value, field: undefined, filter: undefined })}
        error={errors['options.relation'] ?? errors['options']}
        help={relations.length === 0 ? `${model.label} has no relation yet: make one first.` : 'Where the values come from.'}
      />
      {relation ? <Behind key={nameOf(relation)} {...{ relation, type, value, errors }} onChange={set} /> : null}
    </>
  );
}

interface BehindProps extends Pick<TypeOptionsProps, 'type' | 'value' | 'errors'> {
  relation: VisibleField;
  onChange: (part: Options) => void;
}

/** What the relation leads to. */
function Behind({ relation, type, value, errors, onChange }: BehindProps) {
  const target = useTarget(relation);
  if (!target) return null;
  const fields = target.fields.filter(holdsValue);
  const field = named(fields, value['field']);
  const choose = (chosen: string): void => onChange({ field: chosen === '' ? undefined : chosen });
  const common = { value: field ? nameOf(field) : '', error: errors['options.field'] };
  if (type === 'lookup')
    return (
      <SelectField
        {...common}
        label={`Field of ${target.label}`}
        required
        options={optionsOf(fields, 'Choose…')}
        onChange={(event) => choose(event.target.value)}
      />
    );
  return (
    <>
      <SelectField
        {...common}
        label={`Field of ${target.labelPlural}`}
        options={optionsOf(fields, 'None: the records themselves')}
        onChange={(event) => choose(event.target.value)}
      />
      <Computation {...{ field, value, onChange }} error={errors['options.function']} />
      <FilterField
        // A related model is looked at here, not shaped.
        model={target as VisibleModel as DesignedModel}
        label={`Only ${target.labelPlural} that fulfil`}
        help="all of them."
        placeholder='{ "state": { "_eq": "open" } }'
        value={value['filter'] as Filter | undefined}
        onChange={(filter) => onChange({ filter })}
        error={errors['options.filter']}
      />
    </>
  );
}

interface ComputationProps extends Pick<BehindProps, 'value' | 'onChange'> {
  field: VisibleField | undefined;
  error: string | undefined;
}

/** Of the functions those that can be taken of such values. */
function Computation({ field, value, error, onChange }: ComputationProps) {
  const type = fieldTypes.get('rollup')!.options.find(({ key }) => key === 'function')!;
  const all = choicesOf(type as unknown as VisibleField);
  const fitting = all.filter((choice) => fits(choice.value, field));
  const chosen = fitting.some((choice) => choice.value === value['function']) ? String(value['function']) : '';
  return (
    <SelectField
      label="What is computed"
      required
      options={[{ value: '', label: 'Choose…' }, ...fitting]}
      value={chosen}
      onChange={(event) => onChange({ function: event.target.value })}
      error={error}
      help={field ? undefined : 'More can be computed of a field than of the records themselves.'}
    />
  );
}

function fits(name: string, field: VisibleField | undefined): boolean {
  const computed = rollupFunctions.find((each) => each === name);
  if (!field || !computed) return computed === 'count';
  const of = { function: computed, field } as unknown as Parameters<typeof rollupResult>[0];
  return typeof rollupResult(of, field.result ?? field.type) !== 'string';
}
