/** A many-to-many relation: the records that are linked, added and taken away by name. */
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { isReadable, readRecord, recordHref, recordsPath, type VisibleModel } from '../../platform/records.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Blank } from '../blank.tsx';
import type { InputProps, ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { idIn, titleOf, useTarget } from '../targets.ts';
import { RecordPicker } from './record-picker.tsx';

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The record's name, read by its id; the id until then, or when it may not be seen. */
export function useTitles(target: VisibleModel | undefined, ids: readonly string[]): string[] {
  const fields = target && isReadable(target, target.titleField) ? `id,${target.titleField}` : 'id';
  const path = target ? recordsPath(target) : '';
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['record', path, id, fields],
      enabled: target !== undefined,
      queryFn: () => readRecord(path, id, fields),
      staleTime: 60_000,
      retry: false,
    })),
  });
  return ids.map((id, i) => titleOf(found[i]?.data ?? id, target));
}

export function SeveralInput({ field, value, onChange, error }: InputProps) {
  const [isOpen, setOpen] = useState(false);
  const target = useTarget(field);
  const ids = listOf(value).map((each) => String(idIn(each)));
  const names = useTitles(target, ids);
  return (
    <Frame field={field} error={error}>
      <ul className="flex flex-wrap gap-1.5">
        {ids.map((id, i) => (
          <li key={id} className="flex items-center gap-1 rounded-md bg-default pl-2 text-sm">
            <span className="max-w-60 truncate">{names[i]}</span>
            <IconButton label={`Remove ${names[i]}`} size="sm" onClick={() => onChange(ids.filter((each) => each !== id))}>
              <X size={14} aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
      <div>
        <Button size="sm" aria-label={`Add ${field.label}`} onClick={() => setOpen(true)}>
          <Plus size={14} aria-hidden /> Add
        </Button>
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

export function SeveralCell({ field, value }: ShowProps) {
  const target = useTarget(field);
  const records = listOf(value);
  if (records.length === 0) return <Blank />;
  return <span className="truncate">{records.map((record) => titleOf(record, target)).join(', ')}</span>;
}

export function SeveralView({ field, value }: ShowProps) {
  const target = useTarget(field);
  const records = listOf(value);
  if (records.length === 0) return <Blank />;
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-1">
      {records.map((record) => (
        <li key={String(idIn(record))}>
          {target ? (
            <Link to={recordHref(target, String(idIn(record)))} className="text-link">
              {titleOf(record, target)}
            </Link>
          ) : (
            <code className="text-xs">{String(idIn(record))}</code>
          )}
        </li>
      ))}
    </ul>
  );
}
