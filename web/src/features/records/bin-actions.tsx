/** What can be done with a deleted record. */
import { useMutation } from '@tanstack/react-query';
import { Trash2, Undo2 } from 'lucide-react';
import { useTitle } from '../../fields/titles.ts';
import type { AnyRecord, VisibleModel } from '../../platform/records.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { deleteForGood, restoreOne } from './delete-record.ts';

interface BinActionsProps {
  model: VisibleModel;
  record: AnyRecord;
  /** Whether Tab leads here. */
  isActive: boolean;
}

export function BinActions({ model, record, isActive }: BinActionsProps) {
  const title = useTitle(model, record);
  const restore = useMutation({ mutationFn: () => restoreOne(model, record, title) });
  const tabIndex = isActive ? 0 : -1;
  return (
    <>
      <Button
        size="sm"
        aria-label={`Restore ${title}`}
        {...{ tabIndex }}
        isBusy={restore.isPending}
        onClick={() => restore.mutate()}
      >
        <Undo2 size={14} aria-hidden /> Restore
      </Button>
      <IconButton
        size="sm"
        label={`Delete ${title} for good`}
        {...{ tabIndex }}
        onClick={() => deleteForGood(model, record, title)}
      >
        <Trash2 size={14} aria-hidden />
      </IconButton>
    </>
  );
}
