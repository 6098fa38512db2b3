/** The fields somebody added to one of Piper's own models. */
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { Badge } from '../../ui/badge.tsx';
import { IconButton } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import type { DesignedField, DesignedModel } from './models.ts';
import { useQuickApply } from './quick-apply.ts';
import { typeLabel } from './type-label.ts';

/** As the server names what was added to a model of Piper's. */
const isAdded = ({ key }: { key: string }): boolean => key.startsWith('x_');

export function AddedFields({ model, onEdit }: { model: DesignedModel; onEdit: (field: DesignedField) => void }) {
  const quick = useQuickApply(model);
  const fields = model.fields.filter(isAdded);
  if (fields.length === 0)
    return (
      <EmptyState icon={Plus} title="No fields of your own yet">
        Whoever may read {model.labelPlural.toLowerCase()} will see them; whoever may change them can fill them in.
      </EmptyState>
    );
  return (
    <ol className="card divide-y divide-separator" aria-label="Fields">
      {fields.map((field) => (
        <li key={field.id} className="flex flex-wrap items-center gap-x-2 gap-y-1 px-4 py-2">
          <span className="min-w-0 flex-1 basis-44">
            <span className="block truncate font-medium">{field.label}</span>
            <code className="block truncate text-xs text-muted">{field.key}</code>
          </span>
          <Badge>{typeLabel(field)}</Badge>
          <IconButton label={`Edit ${field.label}`} size="sm" onClick={() => onEdit(field)}>
            <Pencil size={14} aria-hidden />
          </IconButton>
          <IconButton
            label={`Delete ${field.label}`}
            size="sm"
            disabled={quick.isPending}
            onClick={() =>
              quick.mutate({
                actions: [{ do: 'delete-field', model: model.id, field: field.id }],
                done: `Deleted “${field.label}”.`,
              })
            }
          >
            <Trash2 size={14} aria-hidden />
          </IconButton>
        </li>
      ))}
    </ol>
  );
}
