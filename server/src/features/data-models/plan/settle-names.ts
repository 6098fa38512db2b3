/**
 * Statements made for the old definitions may still be under way when the new ones come into force. A name that passes from
 * one column to another would make such a statement write into the wrong one, without an error; a name that is gone makes it
 * fail, and it is repeated for the new definitions. So no column or table takes over a name in the change that frees it.
 */
import { createHash } from 'node:crypto';
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import { maxNameBytes } from '../names.ts';

/** The definitions with other physical names where those in `after` belonged to something else in `before`. */
export function settleNames(before: Definitions, after: readonly ModelDefinition[]): ModelDefinition[] {
  const tables = new Map(before.models.filter((model) => model.deletedAt === undefined).map((model) => [model.table, model.id]));
  const old = new Map(before.models.map((model) => [model.id, model]));
  return after.map((model) => {
    const known = old.get(model.id);
    if (known === model) return model;
    const settled = structuredClone(model);
    if ((tables.get(model.table) ?? model.id) !== model.id) settled.table = otherTable(model, tables);
    if (known) settleColumns(known, settled);
    return settled;
  });
}

function settleColumns(before: ModelDefinition, after: ModelDefinition): void {
  const owners = new Map(
    before.fields.flatMap((field) => (field.column === undefined ? [] : [[field.column, field.id] as const])),
  );
  const inUse = new Set(after.fields.flatMap((field) => field.column ?? []));
  const replaced = replacedFields(before, after);
  for (const field of after.fields) {
    if (field.column === undefined) continue;
    const owner = owners.get(field.column);
    if (owner === undefined || (owner === field.id && !replaced.has(field.id))) continue;
    const seeds = [`${field.id}:${field.type}`, ...[...(after.bin ?? [])].map((_, n) => `${field.id}:${field.type}:${n}`)];
    const names = seeds.map((seed) => suffixed(field.column!, seed));
    field.column = names.find((name) => !owners.has(name) && !inUse.has(name)) ?? names[0]!;
    inUse.add(field.column);
  }
}

/** Fields that got a new column: the old one went to the bin. By id, with the id that it has there. */
export function replacedFields(before: ModelDefinition, after: ModelDefinition): Map<string, string> {
  const known = new Set((before.bin ?? []).map(({ field }) => field.id));
  const live = new Set(before.fields.map((field) => field.id));
  return new Map(
    (after.bin ?? []).flatMap(({ field, because }) =>
      because === 'deleted' || 'goneWith' in because || known.has(field.id) || live.has(field.id)
        ? []
        : [[because.replacedBy, field.id] as const],
    ),
  );
}

function suffixed(name: string, seed: string): string {
  const hash = createHash('sha256').update(seed).digest('hex').slice(0, 8);
  return `${name.replace(/_[0-9a-f]{8}$/, '').slice(0, maxNameBytes - 9)}_${hash}`;
}

function otherTable(model: ModelDefinition, taken: ReadonlyMap<string, string>): string {
  const [schema = '', name = ''] = model.table.split('.');
  const table = `${schema}.${suffixed(name, model.id)}`;
  return taken.has(table) && taken.get(table) !== model.id ? `${schema}.${suffixed(name, `${model.id}:again`)}` : table;
}
