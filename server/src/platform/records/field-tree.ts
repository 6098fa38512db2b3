/** Parses `fields=*,project.name,allowedActions` into what to select here and what to fetch over relations. */
import { hasValue, type DataModel, type Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { findPath } from '@piper/shared/filter/parse';
import { limits } from '@piper/shared/limits';
import { mayRead, type ActorRules } from './actor-rules.ts';
import type { Catalogue } from './catalogue.ts';

export interface FieldTree {
  own: Field[];
  allowedActions: boolean;
  nested: NestedTree[];
}

export interface NestedTree {
  /** The name under which it stands in the record. */
  word: string;
  field: Field;
  target: DataModel;
  tree: FieldTree;
  /** Only the ids were asked for (`fields=members`). */
  idsOnly: boolean;
}

interface Eyes {
  catalogue: Catalogue;
  rules: ActorRules;
}

/** The tree of these paths. Throws `unknown_field` for what is not there or hidden, alike. */
export function parseFields(paths: readonly string[], model: DataModel, eyes: Eyes): FieldTree {
  return parseLevel(
    paths.map((path) => path.split('.')),
    model,
    eyes,
    0,
  );
}

/** Fields of `*`: with a value, readable and not only on demand. */
export function defaultFields(model: DataModel, rules: ActorRules): Field[] {
  return model.fields.filter((field) => hasValue(field) && !field.onDemand && mayRead(rules, model, field));
}

export function unknownField(path: string): never {
  fail('unknown_field', `There is no field "${path.slice(0, 80)}".`, [{ path: path.slice(0, 200), message: 'no such field' }]);
}

interface Crossing {
  field: Field;
  paths: string[][];
  idsOnly: boolean;
}

interface Level {
  own: Map<string, Field>;
  inner: Map<string, Crossing>;
  allowedActions: boolean;
}

function parseLevel(paths: string[][], model: DataModel, eyes: Eyes, depth: number): FieldTree {
  if (depth > limits.fieldDepth) {
    fail('validation_failed', `Not valid: "fields" crosses more than ${limits.fieldDepth} relations.`);
  }
  const level: Level = { own: new Map(), inner: new Map(), allowedActions: false };
  for (const path of paths) {
    if (path[0] === '*') takeAll(level, model, eyes, path.slice(1));
    else if (path.length === 1 && path[0] === 'allowedActions') level.allowedActions = true;
    else takePath(level, model, eyes, path);
  }
  return {
    own: [...level.own.values()],
    allowedActions: level.allowedActions,
    nested: [...level.inner].map(([word, part]) => nestedTree(word, part, eyes, depth)),
  };
}

function takeAll(level: Level, model: DataModel, eyes: Eyes, rest: string[]): void {
  for (const field of defaultFields(model, eyes.rules)) level.own.set(field.key, field);
  if (rest.length === 0) return;
  for (const [word, field] of crossings(model, eyes)) cross(level, word, { field, paths: [rest], idsOnly: false });
}

function takePath(level: Level, model: DataModel, eyes: Eyes, path: string[]): void {
  const [word = '', ...rest] = path;
  const found = findPath(model, word);
  if (!found || !mayRead(eyes.rules, model, found.field) || (rest.length > 0 && !found.crosses)) unknownField(path.join('.'));
  const { field } = found;
  const isList = !hasValue(field);
  if (rest.length > 0) cross(level, word, { field, paths: [rest], idsOnly: false });
  else if (!isList && field.key === word) level.own.set(word, field);
  else cross(level, word, { field, paths: [isList ? ['id'] : ['*']], idsOnly: isList });
}

function cross(level: Level, word: string, more: Crossing): void {
  const found = level.inner.get(word);
  const paths = [...(found?.paths ?? []), ...more.paths];
  level.inner.set(word, { field: more.field, paths, idsOnly: more.idsOnly && found?.idsOnly !== false });
}

/** The many-to-one relations `*.*` goes over; lists must be asked for by name. */
function crossings(model: DataModel, { rules }: Eyes): [string, Field][] {
  return model.fields.flatMap((field): [string, Field][] =>
    field.relation?.kind === 'many-to-one' && !field.onDemand && mayRead(rules, model, field) ? [[field.relation.as, field]] : [],
  );
}

function nestedTree(word: string, part: Crossing, eyes: Eyes, depth: number): NestedTree {
  const target = eyes.catalogue.find(part.field.relation!.target ?? '');
  if (!target) throw new Error(`${part.field.key} leads to ${part.field.relation!.target}, which is not there`);
  return { word, field: part.field, target, idsOnly: part.idsOnly, tree: parseLevel(part.paths, target, eyes, depth + 1) };
}
