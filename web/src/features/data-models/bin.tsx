/** The bin of a data model's fields: what was deleted, and the values that a change of type replaced. */
import type { BinnedField } from '@piper/shared/data-model';
import { Link } from '@tanstack/react-router';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { EmptyBin } from './empty-bin.tsx';
import { inBin, isReplaced, type DesignedModel } from './models.ts';
import { useQuickApply } from './quick-apply.ts';
import { typeLabel } from './type-label.ts';

export function FieldBin({ model }: { model: DesignedModel }) {
  const quick = useQuickApply(model);
  const entries = inBin(model);
  if (entries.length === 0) return null;
  const restore = ({ id, label }: BinnedField['field']): void =>
    quick.mutate({ actions: [{ do: 'restore-field', model: model.id, field: id }], done: `“${label}” is back.` });
  return (
    <Section
      title="Bin"
      description="Deleted fields, and what fields held before they got another type, keep their values for 30 days."
      // A project's bin is emptied as a whole, where all of it stands.
      actions={
        model.project === undefined ? (
          <EmptyBin project={undefined} />
        ) : (
          <Link to="/p/$project/data" params={{ project: model.project }} className={buttonClass('secondary', 'sm')}>
            The project’s bin
          </Link>
        )
      }
    >
      <ul className="card divide-y divide-separator" aria-label="Bin">
        {entries.map((entry) => (
          <li key={entry.field.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
            <span className="min-w-0 flex-1 basis-40 truncate">{entry.field.label}</span>
            <Badge>{typeLabel(entry.field)}</Badge>
            <span className="text-xs text-muted">
              {isReplaced(entry) ? 'replaced' : 'deleted'} <Time at={entry.deletedAt} />
            </span>
            <Button
              size="sm"
              aria-label={`Restore ${entry.field.label} (${typeLabel(entry.field)})`}
              title={isReplaced(entry) ? 'Becomes a field beside the one that replaced it' : undefined}
              disabled={quick.isPending}
              onClick={() => restore(entry.field)}
            >
              Restore
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
