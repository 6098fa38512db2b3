import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { recordHref, type AnyRecord, type VisibleField, type VisibleModel } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { idIn, titleOf, useTarget } from '../targets.ts';
import { RecordPicker } from './record-picker.tsx';
import { SeveralCell, SeveralInput, SeveralView, useTitles } from './several.tsx';

const isSeveral = ({ relation }: VisibleField): boolean => relation?.kind === 'many-to-many';

/** The name of the record a field points to, when it was read along. */
function nameOf(
  { relation }: VisibleField,
  target: VisibleModel | undefined,
  { value, record }: { value: unknown; record: AnyRecord },
): string {
  const as = relation?.kind === 'many-to-one' ? relation.as : undefined;
  const other = as ? record[as] : undefined;
  return titleOf(typeof other === 'object' && other !== null ? other : value, target);
}

function OneInput({ field, value, onChange, error }: InputProps) {
  const [isOpen, setOpen] = useState(false);
  const target = useTarget(field);
  const id = isBlank(value) ? undefined : String(idIn(value));
  const [name] = useTitles(target, id === undefined ? [] : [id]);
  return (
    <div className="flex flex-col gap-1">
      <span className="text-[0.8125rem] font-medium">
        {field.label}
        {field.required ? (
          <span className="text-muted" aria-hidden>
            {' '}
            *
          </span>
        ) : null}
      </span>
      <div className="flex gap-2">
        <Button className="min-w-0 flex-1 justify-start" aria-label={`Choose ${field.label}`} onClick={() => setOpen(true)}>
          <span className="truncate">{name ?? 'Choose…'}</span>
        </Button>
        {field.required || id === undefined ? null : (
          <Button aria-label={`Clear ${field.label}`} onClick={() => onChange(null)}>
            Clear
          </Button>
        )}
      </div>
      {error ? (
        <p role="alert" className="text-[0.8125rem] text-danger-soft-foreground">
          {error}
        </p>
      ) : null}
      <RecordPicker
        label={`Choose ${field.label}`}
        target={target}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        isChosen={(record) => record.id === id}
        onChoose={(record) => onChange(record.id)}
      />
    </div>
  );
}

function RelationInput(props: InputProps) {
  return isSeveral(props.field) ? <SeveralInput {...props} /> : <OneInput {...props} />;
}

function OneCell({ field, value, record }: ShowProps) {
  const target = useTarget(field);
  return isBlank(value) ? <Blank /> : <span className="truncate">{nameOf(field, target, { value, record })}</span>;
}

function RelationCell(props: ShowProps) {
  return isSeveral(props.field) ? <SeveralCell {...props} /> : <OneCell {...props} />;
}

function OneView({ field, value, record }: ShowProps) {
  const target = useTarget(field);
  if (isBlank(value) || field.relation?.kind === 'one-to-many') return <Blank />;
  const name = nameOf(field, target, { value, record });
  if (!target) return <code className="text-xs">{name}</code>;
  return (
    <Link to={recordHref(target, String(idIn(value)))} className="text-link">
      {name}
    </Link>
  );
}

function RelationView(props: ShowProps) {
  return isSeveral(props.field) ? <SeveralView {...props} /> : <OneView {...props} />;
}

export const relation: FieldUi = {
  name: 'relation',
  Input: RelationInput,
  Cell: RelationCell,
  View: RelationView,
  parse: (typed) => typed.trim(),
};
