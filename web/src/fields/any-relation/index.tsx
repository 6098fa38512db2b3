import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { recordHref, type VisibleField, type VisibleModel } from '../../platform/records.ts';
import { SelectField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import type { FieldUi, InputProps, ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { OneInput } from '../relation/index.tsx';
import { useModels } from '../targets.ts';
import { useTitles } from '../titles.ts';

interface Reference {
  model: string;
  id: string;
}
const referenceOf = (value: unknown): Reference | undefined =>
  typeof value === 'object' && value !== null ? (value as Reference) : undefined;

const useTargets = ({ relation: to }: VisibleField): VisibleModel[] => useModels(to?.kind === 'any' ? to.targets : []) ?? [];

/** Records name the model by its key; their history by its id, which no renaming changes. */
const modelOf = (targets: readonly VisibleModel[], name: string | undefined): VisibleModel | undefined =>
  targets.find(({ id, key }) => key === name || id === name);

/** First the model, then one of its records. */
function AnyRelationInput({ field, value, onChange, error }: InputProps) {
  const targets = useTargets(field);
  const given = referenceOf(value);
  const [picked, setPicked] = useState('');
  const model = modelOf(targets, given?.model ?? picked);
  const { help: _help, ...plain } = field;
  const inner: VisibleField = {
    ...plain,
    label: model?.label ?? '',
    relation: { kind: 'many-to-one', target: model?.id ?? '', as: field.key },
  };
  const choose = (key: string): void => {
    setPicked(key);
    onChange(null);
  };
  return (
    <Frame field={field} error={error}>
      <SelectField
        label="Data model"
        hideLabel
        options={[{ value: '', label: '–' }, ...targets.map(({ key, label }) => ({ value: key, label }))]}
        value={model?.key ?? ''}
        ref={(element) => element?.setCustomValidity(model && !given ? `Choose a record of ${model.labelPlural}, or –.` : '')}
        onChange={(event) => choose(event.target.value)}
      />
      {model ? (
        <OneInput
          field={inner}
          hideLabel
          value={given?.id}
          onChange={(id) => {
            setPicked(model.key);
            onChange(typeof id === 'string' ? { model: model.key, id } : null);
          }}
        />
      ) : null}
    </Frame>
  );
}

/** The record that is meant, with the name of its kind. */
function useMeant({ field, value }: ShowProps): { given: Reference | undefined; target: VisibleModel | undefined; name: string } {
  const targets = useTargets(field);
  const given = referenceOf(value);
  const target = modelOf(targets, given?.model);
  const [title = ''] = useTitles(target, given ? [given.id] : []);
  return { given, target, name: `${target?.label ?? given?.model}: ${title}` };
}

function AnyRelationCell(props: ShowProps) {
  const { given, name } = useMeant(props);
  return given ? <span className="truncate">{name}</span> : <Blank />;
}

function AnyRelationView(props: ShowProps) {
  const { given, target, name } = useMeant(props);
  if (!given) return <Blank />;
  if (!target) return <code className="text-xs">{name}</code>;
  return (
    <Link to={recordHref(target, given.id)} className="text-link">
      {name}
    </Link>
  );
}

export const anyRelation: FieldUi = {
  name: 'any-relation',
  Input: AnyRelationInput,
  Cell: AnyRelationCell,
  View: AnyRelationView,
  parse: (typed) => typed,
};
