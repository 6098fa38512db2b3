/** Parses `fields=*,project.name,allowedActions` into what to select here and what to fetch over relations. */
import type { DataModel, Field } from '@piper/shared/data-model';
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

/** Fields of `*`: with a column, readable and not only on demand. */
export function defaultFields(model: DataModel, rules: ActorRules): Field[] {
  return model.fields.filter((field) => field.column !== undefined && !field.onDemand && mayRead(rules, model, field));
}

export function unknownField(path: string): never {
  fail('unknown_field', `There is no field "${path.slice(0, 80)}".`, [{ path: path.slice(0, 200), message: 'no such field' }]);
}

function parseLevel(paths: string[][], model: DataModel, eyes: Eyes, depth: number): FieldTree {
  if (depth > limits.fieldDepth) fail('validation_failed', `Not valid: "fields" crosses more than ${limits.fieldDepth} relations.`);
  const own = new Map<string, Field>();
  const inner = new Map<string, { field: Field; paths: string[][]; idsOnly: boolean }>();
  let allowedActions = false;
  const cross = (word: string, field: Field, rest: string[], idsOnly: boolean) => {
    const found = inner.get(word) ?? { field, paths: [], idsOnly: true };
    found.paths.push(rest);
    found.idsOnly &&= idsOnly;
    inner.set(word, found);
  };
  for (const [word = '', ...rest] of paths) {
    if (word === '*') {
      for (const field of defaultFields(model, eyes.rules)) own.set(field.key, field);
      if (rest.length > 0) for (const [name, field] of crossings(model, eyes)) cross(name, field, rest, false);
    } else if (word === 'allowedActions' && rest.length === 0) {
      allowedActions = true;
    } else {
      const found = findPath(model, word);
      if (!found || !mayRead(eyes.rules, model, found.field)) unknownField([word, ...rest].join('.'));
      if (rest.length > 0 && !found.crosses) unknownField([word, ...rest].join('.'));
      if (rest.length > 0) cross(word, found.field, rest, false);
      else if (found.field.column && found.field.key === word) own.set(word, found.field);
      else cross(word, found.field, found.field.column ? ['*'] : ['id'], !found.field.column);
    }
  }
  return { own: [...own.values()], allowedActions, nested: [...inner].map(([word, part]) => nestedTree(word, part, eyes, depth)) };
}

/** The many-to-one relations `*.*` goes over; lists must be asked for by name. */
function crossings(model: DataModel, { rules }: Eyes): [string, Field][] {
  return model.fields.flatMap((field): [string, Field][] =>
    field.relation?.kind === 'many-to-one' && !field.onDemand && mayRead(rules, model, field) ? [[field.relation.as, field]] : [],
  );
}

function nestedTree(word: string, part: { field: Field; paths: string[][]; idsOnly: boolean }, eyes: Eyes, depth: number): NestedTree {
  const target = eyes.catalogue.find(part.field.relation!.target);
  if (!target) throw new Error(`${part.field.key} leads to ${part.field.relation!.target}, which is not there`);
  return { word, field: part.field, target, idsOnly: part.idsOnly, tree: parseLevel(part.paths, target, eyes, depth + 1) };
}
