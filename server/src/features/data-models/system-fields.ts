/** The fields every data model of a project has; they can't be changed or deleted. */
import type { DataModel, Field, Rule } from '@piper/shared/data-model';

const stamp = (key: string, column: string, more: Partial<Field>): Field => ({
  id: key,
  key,
  column,
  type: 'date-time',
  label: key,
  readOnly: true,
  ...more,
});
const person = (key: string, column: string, label: string): Field =>
  stamp(key, column, {
    type: 'relation',
    label,
    hidden: true,
    relation: { kind: 'many-to-one', target: 'users', as: key, onDelete: 'set-null' },
  });

export const idField: Field = stamp('id', 'id', { type: 'uuid', label: 'ID', required: true, unique: true, hidden: true });

export const stampFields: readonly Field[] = [
  stamp('createdAt', 'created_at', { label: 'Created at', required: true }),
  stamp('updatedAt', 'updated_at', { label: 'Updated at', required: true }),
  person('createdBy', 'created_by', 'Created by'),
  person('updatedBy', 'updated_by', 'Updated by'),
  stamp('version', 'version', { type: 'integer', label: 'Version', required: true, hidden: true }),
  stamp('deletedAt', 'deleted_at', { label: 'Deleted at', hidden: true, onDemand: true }),
];

const systemIds = new Set([idField.id, ...stampFields.map((field) => field.id)]);
export const isSystemField = (field: Pick<Field, 'id'>): boolean => systemIds.has(field.id);

/** What is the same for every model of a project. */
export const engineSettings = (
  projectId: string,
  modelId: string,
): Pick<DataModel, 'eventName' | 'scope' | 'softDelete' | 'topics' | 'projectId'> => ({
  eventName: 'record',
  scope: { deletedAt: { _null: true } },
  softDelete: 'deletedAt',
  topics: [`project:${projectId}:model:${modelId}`],
  projectId,
});

/** Who may do what with a new model, until somebody sets other rules. */
export function defaultRules(newId: () => string): Rule[] {
  const editors = ['owner', 'admin', 'member'];
  return [
    { id: newId(), action: 'read', roles: [...editors, 'viewer'], filter: {}, fields: '*' },
    ...(['create', 'update', 'delete'] as const).map((action): Rule => ({
      id: newId(),
      action,
      roles: editors,
      filter: {},
      fields: '*',
    })),
  ];
}
