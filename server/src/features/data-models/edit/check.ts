/** Whether definitions are whole and true: run over the result of all edits, before anything else is done with them. */
import type { DataModel, Field, Rule } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { hasValue } from '@piper/shared/data-model';
import { fail, PiperError } from '@piper/shared/errors';
import { checkOptions } from '@piper/shared/fields/options';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import { findPath, parseFilter, type ModelSource } from '@piper/shared/filter/parse';
import { userFieldNamed } from '@piper/shared/filter/user-fields';
import { noVariable, parseVariable, unescaped } from '@piper/shared/filter/variables';
import { limits } from '@piper/shared/limits';
import type { ComputedProblem } from '@piper/shared/formula/index';
import { isSystemField } from '../system-fields.ts';
import { letGoAfterChange } from './dependants.ts';
import { liveModels, sourceOf, type Draft } from './draft.ts';
import { isIndexable, isUniquable } from './indexable.ts';
import { joinPath, refuse, relocated, within } from './refuse.ts';
import { isRole } from './set-rules.ts';
import { settleComputed } from './settle.ts';

/** Throws when the definitions can't be used, naming the place in the request, or, where that did not speak of it, what would break (`still_used`). */
export function checkDefinitions(draft: Draft): void {
  const models = sourceOf(draft);
  const changed = liveModels(draft).filter((model) => draft.copied.has(model.id));
  for (const model of changed)
    for (const field of model.fields.filter((each) => !isSystemField(each) && !isDeclared(draft, each)))
      told(draft, { id: field.id, path: `${model.key}.${field.key}` }, () => {
        checkField(field);
        requireFirst(draft, model, field);
      });
  const [problem] = settleComputed(draft);
  if (problem) tellComputed(draft, problem);
  if (draft.retyped.size > 0) letGoAfterChange(draft);
  // A change of one model, or its deletion, may break what another says of it.
  if (draft.copied.size > 0) for (const model of liveModels(draft)) checkModel(draft, model, models);
}

/** Fields of Piper's own models are known by their key. */
const isDeclared = (draft: Draft, field: Field): boolean => draft.extends === true && field.id === field.key;

interface Thing {
  id: string;
  /** Its keys. */
  path: string;
}

/** Does a check; what it refuses is told at the place where the request speaks of the thing. */
function told(draft: Draft, { id, path }: Thing, check: () => void): void {
  const place = draft.places.get(id);
  try {
    check();
  } catch (error) {
    if (place !== undefined) throw relocated(error, (inner) => joinPath(place, inner));
    if (!(error instanceof PiperError)) throw error;
    const details = relocated(error, (inner) => joinPath(path, inner));
    fail('still_used', `This would break ${path}: ${error.message}`, details instanceof PiperError ? details.details : undefined);
  }
}

function tellComputed(draft: Draft, { model, field, message, circle }: ComputedProblem): never {
  // Whoever closed the circle is told, not whoever was met first.
  const spoken = circle?.find(({ id }) => draft.places.has(id)) ?? field;
  const option = field.type === 'formula' ? 'options.formula' : 'options';
  told(draft, { id: spoken.id, path: `${model.key}.${spoken.key}` }, () =>
    fail('validation_failed', `"${spoken.label}" can't be computed: ${message}`, [{ path: option, message }]),
  );
  throw new Error('a check that refuses nothing');
}

/** A record that leads to one of its own kind can't be the first. */
function requireFirst({ before, empty }: Draft, model: ModelDefinition, { id, required, relation }: Field): void {
  if (!empty || !required || relation?.kind !== 'many-to-one' || relation.target !== model.id) return;
  const known = before.find((other) => other.id === model.id);
  if (known && (!empty.has(model.id) || known.fields.some((field) => field.id === id && field.required))) return;
  refuse('required', `can't be asked of a relation to ${model.label} itself while there is no record: none could be the first`);
}

function checkField(field: Field): void {
  const [problem] = checkOptions(field);
  if (problem) refuse(problem.path, problem.message);
  if (field.required && !field.column) refuse('required', 'suits only a field that holds a value of its own');
  if (field.index && !isIndexable(field)) refuse('index', `does not suit a field of type ${field.type}`);
  if (field.unique && !isUniquable(field)) refuse('unique', `does not suit a field of type ${field.type}`);
  if (field.default === undefined) return;
  if (!field.column || field.type === 'auto-number') refuse('default', `does not suit a field of type ${field.type}`);
  checkValue(field.default, field, 'default');
}

/** A value the definition itself holds. */
export function checkValue(value: unknown, field: Field, path: string): void {
  try {
    fieldTypeOf(field).normalise(value, field);
  } catch (error) {
    if (error instanceof InvalidValue) refuse(path, error.message);
    throw error;
  }
}

function checkModel(draft: Draft, model: ModelDefinition, models: ModelSource): void {
  told(draft, { id: model.id, path: model.key }, () => {
    if (draft.copied.has(model.id)) checkWords(model);
    model.defaultSort.forEach((path, i) => checkSort(model, path, { models, path: `defaultSort[${i}]` }));
  });
  told(draft, { id: `rules of ${model.id}`, path: model.key }, () => {
    for (const [i, rule] of model.rules.entries()) within(`rules[${i}]`, () => checkRule(draft, rule, { model, models }));
  });
}

/** What names the model's own fields and nothing else. */
function checkWords(model: ModelDefinition): void {
  requireValue(model, model.titleField, 'titleField');
  if (model.search.length > limits.searchFields) refuse('search', `must name at most ${limits.searchFields} fields`);
  model.search.forEach((key, i) => checkSearched(model, key, `search[${i}]`));
}

function requireValue(model: DataModel, key: string, path: string): Field {
  const field = model.fields.find((other) => other.key === key);
  if (!field || field.secret || !hasValue(field))
    refuse(path, `names no field of ${model.label} that holds a value: ${key.slice(0, 80)}`);
  return field;
}

function checkSearched(model: DataModel, key: string, path: string): void {
  const field = requireValue(model, key, path);
  if (!fieldTypeOf(field).operators.includes('_icontains'))
    refuse(path, `is of the type ${field.type}, which holds no text to search`);
}

function checkSort(model: DataModel, sort: string, at: { models: ModelSource; path: string }): void {
  const words = sort.replace(/^-/, '').split('.');
  let place = model;
  for (const word of words.slice(0, -1)) {
    const relation = findPath(place, word)?.field.relation;
    const target = relation?.kind === 'many-to-one' ? at.models.find(relation.target) : undefined;
    place = target ?? refuse(at.path, `crosses ${word.slice(0, 80)}, which does not lead to one record`);
  }
  const field = requireValue(place, words.at(-1)!, at.path);
  if (!fieldTypeOf(field).sortable) refuse(at.path, `is of the type ${field.type}, which has no order`);
}

function checkRule(draft: Draft, rule: Rule, { model, models }: { model: ModelDefinition; models: ModelSource }): void {
  rule.roles?.forEach((role, i) => {
    if (!isRole(draft, role)) refuse(`roles[${i}]`, `is no role of this project: ${role.slice(0, 80)}`);
  });
  if (rule.fields !== '*') rule.fields.forEach((key, i) => requireField(model, key, `fields[${i}]`));
  within('filter', () => void parseFilter(rule.filter, model, { models }));
  if (rule.check) within('check', () => void parseFilter(rule.check, model, { models }));
  for (const [key, value] of Object.entries(rule.presets ?? {})) {
    const field = requireField(model, key, `presets.${key.slice(0, 80)}`);
    if (!field.column) refuse(`presets.${key}`, 'holds no value that could be set');
    checkPreset(value, field, { models, path: `presets.${key}` });
  }
}

function checkPreset(value: unknown, field: Field, { models, path }: { models: ModelSource; path: string }): void {
  if (value === null) return;
  const variable = typeof value === 'string' ? parseVariable(value) : undefined;
  if (variable === undefined) return checkValue(unescaped(value), field, path);
  if (variable === null) refuse(path, noVariable);
  if (variable.name === 'user-field' && !userFieldNamed(variable.key, { models }))
    refuse(path, 'names an unknown field of the user');
}

function requireField(model: DataModel, key: string, path: string): Field {
  const field = model.fields.find((other) => other.key === key && !other.secret);
  return field ?? refuse(path, `names no field of ${model.label}: ${key.slice(0, 80)}`);
}
