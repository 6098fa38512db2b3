/** One change of the definitions: what it did, how it went, and the way back. */
import type { ChangeSet } from '@piper/shared/change-sets';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Redo2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { changeSetsOf } from './change-api.ts';
import { turnChange } from './change-dialog.tsx';
import { Steps } from './change-preview.tsx';
import { ProgressView } from './change-progress.tsx';

const tones: Record<ChangeSet['status'], Tone> = { applied: 'success', applying: 'accent', failed: 'danger' };

interface EntryProps {
  project: string | undefined;
  changeSet: ChangeSet;
  /** Who made it, where that is known. */
  by: string | undefined;
  way: 'undo' | 'redo' | undefined;
}

export function Entry({ project, changeSet, by, way }: EntryProps) {
  const [isOpen, setOpen] = useState(false);
  const { id, number, status, summary, isUndone, createdAt } = changeSet;
  const turn = useMutation({ mutationFn: (chosen: 'undo' | 'redo') => turnChange(project, id, chosen) });
  return (
    <li className="flex flex-col gap-2 px-4 py-2.5 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-xs text-muted">#{number}</span>
        <span className="min-w-0 flex-1 basis-48 break-words">
          {summary} {isUndone ? <span className="text-muted">(taken back)</span> : null}
        </span>
        {status === 'applied' ? null : <Badge tone={tones[status]}>{status}</Badge>}
        <span className="text-xs text-muted">
          {by ? `${by}, ` : null}
          <Time at={createdAt} />
        </span>
        <span className="flex gap-1">
          <Button
            size="sm"
            variant="ghost"
            aria-expanded={isOpen}
            aria-label={`Details of change ${number}`}
            onClick={() => setOpen(!isOpen)}
          >
            Details
          </Button>
          {way ? (
            <Button
              size="sm"
              variant="ghost"
              aria-label={`${way === 'redo' ? 'Redo' : 'Undo'} change ${number}`}
              isBusy={turn.isPending}
              onClick={() => turn.mutate(way)}
            >
              {way === 'redo' ? <Redo2 size={14} aria-hidden /> : <Undo2 size={14} aria-hidden />}
              {way === 'redo' ? 'Redo' : 'Undo'}
            </Button>
          ) : null}
        </span>
      </div>
      {status === 'applied' ? null : <ProgressView changeSet={changeSet} />}
      {isOpen ? <Details project={project} id={id} /> : null}
    </li>
  );
}

function Details({ project, id }: { project: string | undefined; id: string }) {
  const { data, error } = useQuery({
    queryKey: ['change-sets', project ?? '', id],
    queryFn: () => changeSetsOf(project).read(id),
  });
  if (error) return <Notice tone="danger">{messageOf(error)}</Notice>;
  if (!data) return <SkeletonRows rows={2} />;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <ScrollRegion label="Actions" className="max-h-60 overflow-auto rounded-md bg-surface-secondary p-2">
        <pre className="text-xs">{JSON.stringify(data.actions, null, 2)}</pre>
      </ScrollRegion>
      <Steps steps={data.steps} />
    </div>
  );
}
