import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { recordHref, type AnyRecord, type VisibleField } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { idIn, useTarget } from '../targets.ts';
import { useTitle, useTitles } from '../titles.ts';
import { RecordPicker } from './record-picker.tsx';
import { SeveralCell, SeveralInput, SeveralView } from './several.tsx';

const isSeveral = ({ relation }: VisibleField): boolean => relation?.kind === 'many-to-many';

/** What a field points to, as far as it was read along. */
function otherOf({ relation }: VisibleField, value: unknown, record: AnyRecord): AnyRecord {
  const other = relation?.kind === 'many-to-one' ? record[relation.as] : undefined;
  return typeof other === 'object' && other !== null ? (other as AnyRecord) : { id: String(idIn(value)) };
}

interface OneInputProps extends InputProps {
  /** Stands beside: other ways to a record. */
  more?: ReactNode;
  hideLabel?: boolean;
}

/** Chooses one record by its name. */
export function OneInput({ field, value, onChange, error, more, hideLabel = false }: OneInputProps) {
  const [isOpen, setOpen] = useState(false);
  const target = useTarget(field);
  const id = isBlank(value) ? undefined : String(idIn(value));
  const [name = 'Choose…'] = useTitles(target, id === undefined ? [] : [id]);
  return (
    <Frame field={field} error={error} hideLabel={hideLabel}>
      <div className="flex gap-2">
        <Button className="min-w-0 flex-1 justify-start" aria-label={`${field.label}: ${name}`} onClick={() => setOpen(true)}>
          <span className="truncate">{name}</span>
        </Button>
        {field.required || id === undefined ? null : (
          <Button aria-label={`Clear ${field.label}`} onClick={() => onChange(null)}>
            Clear
          </Button>
        )}
        {more}
      </div>
      <RecordPicker
        label={`Choose ${field.label}`}
        target={target}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        isChosen={(record) => record.id === id}
        onChoose={(record) => onChange(record.id)}
      />
    </Frame>
  );
}

function RelationInput(props: InputProps) {
  return isSeveral(props.field) ? <SeveralInput {...props} /> : <OneInput {...props} />;
}

function OneCell({ field, value, record }: ShowProps) {
  const target = useTarget(field);
  const name = useTitle(isBlank(value) ? undefined : target, otherOf(field, value, record));
  return isBlank(value) ? <Blank /> : <span className="truncate">{name}</span>;
}

function RelationCell(props: ShowProps) {
  return isSeveral(props.field) ? <SeveralCell {...props} /> : <OneCell {...props} />;
}

function OneView({ field, value, record }: ShowProps) {
  const target = useTarget(field);
  const isNone = isBlank(value) || field.relation?.kind === 'one-to-many';
  const name = useTitle(isNone ? undefined : target, otherOf(field, value, record));
  if (isNone) return <Blank />;
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
