import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { recordHref, type VisibleField, type VisibleModel } from '../../platform/records.ts';
import { SelectField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import type { FieldUi, InputProps, ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { relation } from '../relation/index.tsx';
import { useTitles } from '../relation/several.tsx';
import { useModels } from '../targets.ts';

interface Reference {
  model: string;
  id: string;
}
const referenceOf = (value: unknown): Reference | undefined =>
  typeof value === 'object' && value !== null ? (value as Reference) : undefined;

const useTargets = ({ relation: to }: VisibleField): VisibleModel[] => useModels(to?.kind === 'any' ? to.targets : []) ?? [];

/** First the model, then one of its records. */
function AnyRelationInput({ field, value, onChange, error }: InputProps) {
  const targets = useTargets(field);
  const given = referenceOf(value);
  const [chosen, setChosen] = useState(given?.model ?? '');
  const model = targets.find(({ key }) => key === chosen);
  const inner: VisibleField = {
    ...field,
    label: model?.label ?? '',
    relation: { kind: 'many-to-one', target: model?.id ?? '', as: field.key },
  };
  const choose = (key: string): void => {
    setChosen(key);
    onChange(null);
  };
  return (
    <Frame field={field} error={error}>
      <SelectField
        label="Data model"
        hideLabel
        options={[{ value: '', label: '–' }, ...targets.map(({ key, label }) => ({ value: key, label }))]}
        value={chosen}
        onChange={(event) => choose(event.target.value)}
      />
      {model ? (
        <relation.Input
          field={inner}
          value={given?.model === model.key ? given.id : null}
          onChange={(id) => onChange(typeof id === 'string' ? { model: model.key, id } : null)}
        />
      ) : null}
    </Frame>
  );
}

function AnyRelationCell({ field, value }: ShowProps) {
  const targets = useTargets(field);
  const given = referenceOf(value);
  if (!given) return <Blank />;
  return <span className="truncate">{targets.find(({ key }) => key === given.model)?.label ?? given.model}</span>;
}

function AnyRelationView({ field, value }: ShowProps) {
  const targets = useTargets(field);
  const given = referenceOf(value);
  const target = targets.find(({ key }) => key === given?.model);
  const [title] = useTitles(target, given ? [given.id] : []);
  if (!given) return <Blank />;
  if (!target) return <code className="text-xs">{`${given.model} ${given.id}`}</code>;
  return (
    <Link to={recordHref(target, given.id)} className="text-link">
      {target.label}: {title}
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
