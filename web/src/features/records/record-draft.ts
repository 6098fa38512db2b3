/** A record while it is edited: as it was read, and what was changed since. Only the changes are written. */
import { isSame } from '../../fields/field-ui.ts';
import { listOf, plainValue } from '../../fields/targets.ts';
import type { AnyRecord, VisibleField, VisibleModel } from '../../platform/records.ts';

type Values = Readonly<Record<string, unknown>>;

export interface Draft {
  /** As it was read, related records by their ids; undefined: a new one. */
  base: AnyRecord | undefined;
  /** By field, only what was touched. */
  edits: Values;
  /** Fields that somebody else changed too: `base` has theirs, `edits` mine, and nobody decided yet. */
  conflicts: readonly string[];
}

export const draftOf = (model: VisibleModel, record: AnyRecord | undefined): Draft => ({
  base: record && plainRecord(model, record),
  edits: {},
  conflicts: [],
});

export const plainRecord = (model: VisibleModel, record: AnyRecord): AnyRecord => ({
  ...record,
  ...Object.fromEntries(model.fields.map((field) => [field.key, plainValue(field, record[field.key])])),
});

/** What the form shows. A new record's defaults are shown only: presets of a rule go before them. */
export function valueIn({ base, edits }: Draft, field: VisibleField): unknown {
  if (Object.hasOwn(edits, field.key)) return edits[field.key];
  return base ? base[field.key] : field.default;
}

export const withEdit = (draft: Draft, key: string, value: unknown): Draft => ({
  ...draft,
  edits: editsWith(draft, { ...draft.edits, [key]: value }),
});

/** Without what is as it was. */
function editsWith({ base }: Pick<Draft, 'base'>, edits: Values): Values {
  if (!base) return edits;
  return Object.fromEntries(Object.entries(edits).filter(([key, value]) => !isSame(value, base[key])));
}

export function decided(draft: Draft, key: string, choice: 'mine' | 'theirs'): Draft {
  const { [key]: mine, ...rest } = draft.edits;
  const conflicts = draft.conflicts.filter((each) => each !== key);
  return { ...draft, conflicts, edits: choice === 'mine' ? { ...rest, [key]: mine } : rest };
}

/** What is written. */
export const bodyOf = (model: VisibleModel, { base, edits }: Draft): Values =>
  Object.fromEntries(
    Object.entries(edits).map(([key, value]) => [key, base && isList(model, key) ? difference(base[key], value) : value]),
  );

/** What takes it back. */
export const undoOf = (model: VisibleModel, { base, edits }: Draft): Values =>
  Object.fromEntries(
    Object.entries(edits).map(([key, value]) => [
      key,
      isList(model, key) ? difference(value, base?.[key]) : (base?.[key] ?? null),
    ]),
  );

const isList = (model: VisibleModel, key: string): boolean =>
  model.fields.some((field) => field.key === key && field.relation?.kind === 'many-to-many');

/** Links are written as a difference: a list would unlink those beyond the ones that were read, and those made meanwhile. */
const difference = (before: unknown, after: unknown): Values => ({
  update: without(listOf(after), listOf(before)),
  delete: without(listOf(before), listOf(after)),
});
const without = (all: readonly unknown[], gone: readonly unknown[]): unknown[] => all.filter((each) => !gone.includes(each));

/** The same changes over the record as it is now. */
export function rebased(model: VisibleModel, { base, edits }: Draft, now: AnyRecord): Draft {
  const moved = Object.entries(edits).map(([key, value]): [string, unknown] => {
    if (!isList(model, key)) return [key, value];
    const change = difference(base?.[key], value) as { update: unknown[]; delete: unknown[] };
    return [key, [...new Set([...without(listOf(now[key]), change.delete), ...change.update])]];
  });
  const kept = editsWith({ base: now }, Object.fromEntries(moved));
  const conflicts = Object.keys(kept).filter((key) => !isList(model, key) && !isSame(base?.[key], now[key]));
  return { base: now, edits: kept, conflicts };
}
