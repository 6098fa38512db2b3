/** A many-to-many relation: the records that are linked, added and taken away by name. */
import { Link } from '@tanstack/react-router';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { recordHref, type AnyRecord } from '../../platform/records.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Blank } from '../blank.tsx';
import type { InputProps, ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { countIn, idIn, listOf, useTarget } from '../targets.ts';
import { titleOf, useTitles } from '../titles.ts';
import { RecordPicker } from './record-picker.tsx';

/** Only so many come with a record; the rest is counted. */
function More({ count }: { count: number }) {
  return count > 0 ? <span className="text-sm text-muted">and {count.toLocaleString('en')} more</span> : null;
}

const restOf = ({ field, record }: Pick<ShowProps, 'field'> & { record?: AnyRecord | undefined }): number =>
  record ? (countIn(field, record) ?? 0) - listOf(record[field.key]).length : 0;

/** Those that are not shown stay linked: what is chosen here is written as a difference. */
export function SeveralInput({ field, value, onChange, error, record }: InputProps) {
  const [isOpen, setOpen] = useState(false);
  const target = useTarget(field);
  const ids = listOf(value).map((each) => String(idIn(each)));
  const names = useTitles(target, ids);
  return (
    <Frame field={field} error={error}>
      <ul className="flex max-h-60 flex-wrap gap-1.5 overflow-y-auto">
        {ids.map((id, i) => (
          <li key={id} className="flex items-center gap-1 rounded-md bg-default pl-2 text-sm">
            <span className="max-w-60 truncate">{names[i]}</span>
            <IconButton label={`Remove ${names[i]}`} size="sm" onClick={() => onChange(ids.filter((each) => each !== id))}>
              <X size={14} aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
      <div className="flex items-center gap-3">
        <Button size="sm" aria-label={`Add ${field.label}`} onClick={() => setOpen(true)}>
          <Plus size={14} aria-hidden /> Add
        </Button>
        <More count={restOf({ field, record })} />
      </div>
      <RecordPicker
        label={`Add ${field.label}`}
        target={target}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        isChosen={({ id }) => ids.includes(id)}
        onChoose={({ id }) => onChange(ids.includes(id) ? ids : [...ids, id])}
      />
    </Frame>
  );
}

/** The names of the linked records: as they were read along, else by their ids. */
function useNames({ field, value }: Pick<ShowProps, 'field' | 'value'>): { id: string; name: string }[] {
  const target = useTarget(field);
  const records = listOf(value);
  const nameless = records.filter((record) => titleOf(record, target) === undefined).map((record) => String(idIn(record)));
  const read = useTitles(target, nameless);
  return records.map((record) => {
    const id = String(idIn(record));
    return { id, name: titleOf(record, target) ?? read[nameless.indexOf(id)] ?? id };
  });
}

export function SeveralCell(props: ShowProps) {
  const all = listOf(props.value);
  const names = useNames({ ...props, value: all.slice(0, 10) }).map(({ name }) => name);
  if (names.length === 0) return <Blank />;
  return <span className="truncate">{[...names, ...(all.length > 10 ? ['…'] : [])].join(', ')}</span>;
}

export function SeveralView(props: ShowProps) {
  const target = useTarget(props.field);
  const names = useNames(props);
  const rest = restOf(props);
  if (names.length === 0) return <Blank />;
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-1">
      {names.map(({ id, name }) => (
        <li key={id}>
          {target ? (
            <Link to={recordHref(target, id)} className="text-link">
              {name}
            </Link>
          ) : (
            <code className="text-xs">{id}</code>
          )}
        </li>
      ))}
      {rest > 0 ? (
        <li>
          <More count={rest} />
        </li>
      ) : null}
    </ul>
  );
}
