import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { IconButton } from '../../ui/button.tsx';
import { Blank } from '../blank.tsx';
import { numberOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { useTarget } from '../targets.ts';
import { useTitles } from '../titles.ts';
import { UploadButton } from '../upload-button.tsx';

export const idsOf = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : []);

export function FilesInput({ field, value, onChange, error, accept }: InputProps & { accept?: string }) {
  const ids = idsOf(value);
  const names = useTitles(useTarget(field), ids);
  const most = numberOption(field, 'maxItems') ?? Infinity;
  return (
    <Frame field={field} error={error}>
      <ul className="flex flex-col gap-1">
        {ids.map((id, i) => (
          <li key={id} className="flex items-center gap-2 text-sm">
            <span className="min-w-0 flex-1 truncate">{names[i]}</span>
            <IconButton label={`Remove ${names[i]}`} size="sm" onClick={() => onChange(ids.filter((each) => each !== id))}>
              <X size={14} aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
      {ids.length < most ? (
        <div>
          <UploadButton
            label="Upload…"
            accept={accept}
            multiple
            onUploaded={(added) => onChange([...new Set([...ids, ...added])])}
          />
        </div>
      ) : null}
    </Frame>
  );
}

function FilesCell({ field, value }: ShowProps) {
  const ids = idsOf(value);
  const names = useTitles(useTarget(field), ids.slice(0, 3));
  if (ids.length === 0) return <Blank />;
  return <span className="truncate">{[...names, ...(ids.length > 3 ? [`${ids.length - 3} more`] : [])].join(', ')}</span>;
}

function FilesView({ field, value }: ShowProps) {
  const ids = idsOf(value);
  const names = useTitles(useTarget(field), ids);
  if (ids.length === 0) return <Blank />;
  return (
    <ul className="flex flex-col gap-1">
      {ids.map((id, i) => (
        <li key={id}>
          <Link to="/m/$model/$id" params={{ model: 'files', id }} className="text-link">
            {names[i]}
          </Link>
        </li>
      ))}
    </ul>
  );
}

export const files: FieldUi = {
  name: 'files',
  Input: FilesInput,
  Cell: FilesCell,
  View: FilesView,
  parse: (typed) => typed.trim(),
};
