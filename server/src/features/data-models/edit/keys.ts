/**
 * Who has which key. A key may be taken from somebody who gets another one later in the same change set, so that two names can be
 * exchanged: until then the one that had it is parked under a key nobody else can have.
 */
import type { Field } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { findSystemModel } from '@piper/shared/system-models/index';
import { checkKey } from '../names.ts';
import { isSystemField } from '../system-fields.ts';
import { isLive, toChange, type Draft } from './draft.ts';
import { refuse, refuseTaken, within } from './refuse.ts';
import { renameField, renameModel } from './references.ts';

const parkedKey = (id: string): string => `parked_${id.replaceAll('-', '')}`;

/** Makes sure that a field of `model` can be called `key` from now on. */
export function claimFieldKey(draft: Draft, model: ModelDefinition, key: string): void {
  checkKey(key, 'key');
  const holder = model.fields.find((field) => field.key === key);
  if (!holder) return;
  const taken = (): never => refuseTaken('key', `${model.label} already has a field "${key}".`);
  if (isSystemField(holder) || draft.parked.has(holder.id)) taken();
  draft.parked.set(holder.id, { key, path: draft.path, refuse: taken });
  renameField(draft, model, holder, parkedKey(holder.id));
}

/** Makes sure that a data model can be called `key` from now on. */
export function claimModelKey(draft: Draft, key: string): void {
  checkKey(key, 'key');
  if (findSystemModel(key)) refuse('key', `is the name of one of Piper's own models: ${key}`);
  const holder = draft.models.find((model) => isLive(model) && model.key === key);
  if (!holder) return;
  const taken = (): never => refuseTaken('key', `There is already a data model "${key}".`);
  if (draft.parked.has(holder.id)) taken();
  draft.parked.set(holder.id, { key, path: draft.path, refuse: taken });
  renameModel(draft, toChange(draft, holder), parkedKey(holder.id));
}

/** Gives a field another key; what speaks of it follows. */
export function rekeyField(draft: Draft, model: ModelDefinition, field: Field, key: string): void {
  if (field.key === key) return;
  claimFieldKey(draft, model, key);
  renameField(draft, model, field, key);
  draft.parked.delete(field.id);
}

/** Gives a data model another key; the old one goes on to serve in addresses. */
export function rekeyModel(draft: Draft, model: ModelDefinition, key: string): void {
  if (model.key === key) return;
  const old = draft.parked.get(model.id)?.key ?? model.key;
  claimModelKey(draft, key);
  renameModel(draft, model, key);
  model.formerKeys = [...(model.formerKeys ?? []).filter((former) => former !== key && former !== old), old].slice(
    -maxFormerKeys,
  );
  draft.parked.delete(model.id);
}

const maxFormerKeys = 20;

/** Refuses what took a key from something that never got another one. */
export function requireKeysForAll(draft: Draft): void {
  for (const { path, refuse: taken } of draft.parked.values()) within(path, taken);
}

/** Throws `conflict` when a model came back whose key another one has by now. */
export function requireOwnKeys(draft: Draft): void {
  const live = draft.models.filter(isLive);
  for (const model of live.filter(({ id }) => draft.copied.has(id))) {
    const other = live.find(({ id, key }) => id !== model.id && key === model.key);
    if (other) fail('conflict', `"${other.label}" has the key "${other.key}" by now. Give it another one first.`);
  }
}

/** Keys of models that are taken, those of Piper's own aside. */
export const modelKeysOf = (draft: Draft): Set<string> => new Set(draft.models.filter(isLive).map((model) => model.key));
