/** Fields that the instance owner added to Piper's own models: part of the same records, granted by the same rules. */
import type { DataModel, Field, Rule } from '@piper/shared/data-model';
import type { Db } from '../db/db.ts';
import type { SystemModel } from './hooks.ts';

/** As of one version of the instance's definitions; by the model's key. */
export interface Extensions {
  version: number;
  fields: ReadonlyMap<string, readonly Field[]>;
}

export interface ExtensionSource {
  version(db: Db): Promise<number>;
  load(db: Db): Promise<Extensions>;
}

declare module '../feature.ts' {
  interface Feature {
    /** Where added fields come from; one feature keeps them. */
    extensions?: ExtensionSource;
  }
}

/** Keys and columns of added fields begin so; no declaration and no migration of Piper's may use it. */
export const extensionPrefix = 'x_';

/** Whether Piper's own model can take fields: those whose records are changed through the engine. */
export const isExtendable = (model: DataModel): boolean =>
  model.projectId === undefined && model.table.startsWith('piper.') && model.verbs.includes('update');

/** The entries with their added fields. */
export function extendEntries(entries: readonly SystemModel[], { fields }: Extensions): SystemModel[] {
  return entries.map((entry) => {
    const added = fields.get(entry.model.key);
    return added && added.length > 0 ? { ...entry, model: extendModel(entry.model, added) } : entry;
  });
}

function extendModel(model: DataModel, added: readonly Field[]): DataModel {
  const keys = added.map((field) => field.key);
  const rules = model.rules.map((rule) =>
    rule.fields === '*' || !isGranted(model, rule) ? rule : { ...rule, fields: [...rule.fields, ...keys] },
  );
  return { ...model, fields: [...model.fields, ...added], rules };
}

/**
 * Whoever reads or writes the record reads and writes its added fields. Not so what people change of themselves: rules of projects
 * build on fields of users, so nobody gives themselves a department.
 */
const isGranted = (model: DataModel, rule: Rule): boolean =>
  model.key !== 'users' || rule.action !== 'update' || rule.roles !== undefined;
