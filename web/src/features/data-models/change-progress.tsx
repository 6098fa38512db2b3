import type { ChangeSet } from '@piper/shared/change-sets';
import { Notice } from '../../ui/notice.tsx';

/** How far a change set is, or how it ended. */
export function ProgressView({ changeSet: { status, progress, error } }: { changeSet: ChangeSet }) {
  if (status === 'applied') return <Notice>The change is in force.</Notice>;
  if (status === 'failed')
    return <Notice tone="danger">{error?.message ?? 'It failed; what was prepared has been taken back.'}</Notice>;
  const { step, of, sentence, rows, total } = progress;
  return (
    <div role="status" className="flex flex-col gap-1.5 text-sm">
      <p>{sentence ?? 'Getting ready …'}</p>
      <progress aria-label="Progress" className="h-1.5 w-full accent-accent" value={step ?? 0} max={of ?? 1} />
      <p className="text-[0.8125rem] text-muted">
        {step !== undefined && of !== undefined ? `Step ${step} of ${of}` : null}
        {rows !== undefined && total ? ` · ${rows.toLocaleString('en')} of about ${total.toLocaleString('en')} records` : null}
      </p>
    </div>
  );
}
