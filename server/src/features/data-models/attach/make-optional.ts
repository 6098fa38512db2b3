/** A value that can't be held may come to a column after its table was looked through: it is empty, so it must not be demanded. */
import type { Field } from '@piper/shared/data-model';
import type { ModelAction, ModelDefinition } from '@piper/shared/data-models';
import type { RunHandle } from '#platform/runs/kind';
import { loadDefinitions } from '../definitions.repo.ts';
import { isSystemField } from '../system-fields.ts';
import { changeModels } from './change-models.ts';

/** A column of ours, as the database names it. */
export interface Demanding {
  schema?: string | undefined;
  table?: string | undefined;
  column?: string | undefined;
}

/** Lets the field of this column be empty, and says which it was; undefined when it is none that could be. */
export async function makeOptional(
  run: Pick<RunHandle<{ projectId: string }>, 'ctx' | 'input' | 'signal'>,
  { schema, table, column }: Demanding,
): Promise<{ model: string; field: Field } | undefined> {
  const find = (models: readonly ModelDefinition[]) => {
    const model = models.find((each) => each.table === `${schema}.${table}` && each.deletedAt === undefined && !each.isJunction);
    const field = model?.fields.find((each) => each.column === column && each.required === true && !isSystemField(each));
    return model && field ? { model: model.id, field } : undefined;
  };
  const found = find((await loadDefinitions(run.ctx.db, run.input.projectId)).models);
  if (!found) return undefined;
  await changeModels(run, (models): ModelAction[] => {
    const now = find(models);
    return now ? [{ do: 'update-field', model: now.model, field: now.field.id, changes: { required: false } }] : [];
  });
  return found;
}
