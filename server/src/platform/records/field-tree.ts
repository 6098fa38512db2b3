/** Parses `fields=*,project.name,allowedActions` into what to select here and what to fetch over relations. */
import { hasValue, type DataModel, type Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { isNever } from '@piper/shared/filter/ast';
import { findPath, isCall, isToMany, renamed, splitPath, targetOf, type Found } from '@piper/shared/filter/path';
import { limits } from '@piper/shared/limits';
import { mayRead, type ActorRules } from './actor-rules.ts';
import type { Catalogue } from './catalogue.ts';
import type { RelatedLevel, RelatedQuery } from './deep.ts';

export interface FieldTree {
  /** With their name in the record as `key`. */
  own: Field[];
  allowedActions: boolean;
  nested: NestedTree[];
}

export interface NestedTree {
  /** The name under which it stands in the record. */
  word: string;
  field: Field;
  /** One, or for a polymorphic relation one per model it was asked of. */
  targets: { target: DataModel; tree: FieldTree }[];
  /** Only the ids were asked for (`fields=members`). */
  idsOnly: boolean;
  /** What `deep` says about it. */
  asked: RelatedQuery | undefined;
}

interface Eyes {
  catalogue: Catalogue;
  rules: ActorRules;
}

/** The tree of these paths. Throws `unknown_field` for what is not there or hidden, alike. */
export function parseFields(paths: readonly string[], model: DataModel, eyes: Eyes, asked?: RelatedLevel): FieldTree {
  return parseLevel(paths.map(splitPath), model, { ...eyes, depth: 0, asked, spent: { relations: 0 } });
}

/** Fields of `*`: with a value, readable and not only on demand. */
export function defaultFields(model: DataModel, rules: ActorRules): Field[] {
  return model.fields.filter((field) => hasValue(field) && !field.onDemand && mayRead(rules, model, field));
}

export function unknownField(path: string): never {
  fail('unknown_field', `There is no field "${path.slice(0, 80)}".`, [{ path: path.slice(0, 200), message: 'no such field' }]);
}

interface At extends Eyes {
  depth: number;
  asked: RelatedLevel | undefined;
  /** Shared by all levels. */
  spent: { relations: number };
}

interface Crossing {
  field: Field;
  paths: { rest: string[]; to: string | undefined }[];
  idsOnly: boolean;
}

interface Level {
  own: Map<string, Field>;
  inner: Map<string, Crossing>;
  allowedActions: boolean;
  /** `*` was asked for. */
  all: boolean;
}

function parseLevel(paths: readonly string[][], model: DataModel, at: At): FieldTree {
  if (at.depth > limits.fieldDepth) {
    fail('validation_failed', `Not valid: "fields" crosses more than ${limits.fieldDepth} relations.`);
  }
  const level: Level = { own: new Map(), inner: new Map(), allowedActions: false, all: false };
  for (const path of paths) {
    if (path[0] === '*') takeAll(level, model, at, path.slice(1));
    else if (path.length === 1 && path[0] === 'allowedActions') level.allowedActions = true;
    else takePath(level, model, at, path);
  }
  for (const word of at.asked?.relations.keys() ?? []) requireCrossed(level, model, at, word);
  return {
    own: [...level.own.values()],
    allowedActions: level.allowedActions,
    nested: [...level.inner].map(([word, part]) => nestedTree(word, part, level.own.has(word), at)),
  };
}

function takeAll(level: Level, model: DataModel, at: At, rest: string[]): void {
  level.all = true;
  for (const field of defaultFields(model, at.rules)) level.own.set(field.key, field);
  if (rest.length === 0) return;
  const crossed = crossings(model, at, rest);
  if (crossed.length === 0 && rest[0] !== '*') unknownField(`*.${rest.join('.')}`);
  for (const [word, field] of crossed) cross(level, word, { field, paths: [{ rest, to: undefined }], idsOnly: false });
}

function takePath(level: Level, model: DataModel, at: At, path: readonly string[]): void {
  const [given = '', ...rest] = path;
  const word = at.asked?.alias[given] ?? given;
  const found = findReadable(model, at, word) ?? unknownField(path.join('.'));
  if (rest.length > 0 && !found.crosses) unknownField(path.join('.'));
  const own = rest.length > 0 ? undefined : ownValue(found, word, given);
  if (own) level.own.set(own.key, own);
  else cross(level, nameOf(found, word, given), crossingOf(found, rest));
}

/** The name in the record: `subject:customers` stands under `subject`, what has an alias under that. */
const nameOf = ({ field, to }: Found, word: string, given: string): string =>
  word === given && to !== undefined ? field.key : given;

/** Without further words, of one record all plain fields, of several the ids. */
function crossingOf({ field, to }: Found, rest: string[]): Crossing {
  const isList = isToMany(field);
  const words = rest.length > 0 ? rest : [isList ? 'id' : '*'];
  return { field, paths: [{ rest: words, to }], idsOnly: rest.length === 0 && isList };
}

/** The field whose value the word names; undefined when it names the records behind it. */
function ownValue({ field }: Found, word: string, given: string): Field | undefined {
  if (isCall(field)) return field;
  if (!hasValue(field) || field.key !== word) return undefined;
  return word === given ? field : renamed(field, given);
}

function findReadable(model: DataModel, { rules }: Eyes, word: string): Found | undefined {
  const found = findPath(model, word);
  return found && mayRead(rules, model, found.field) ? found : undefined;
}

function cross(level: Level, word: string, more: Crossing): void {
  const found = level.inner.get(word);
  const paths = [...(found?.paths ?? []), ...more.paths];
  level.inner.set(word, { field: more.field, paths, idsOnly: more.idsOnly && found?.idsOnly !== false });
}

/** The relations `*.*` goes over, as in Directus: all, lists too; `*.name` over those to what has a name. */
function crossings(model: DataModel, at: At, [word = '']: readonly string[]): [string, Field][] {
  return model.fields.flatMap((field): [string, Field][] => {
    const { relation } = field;
    if (!relation || !mayRead(at.rules, model, field)) return [];
    const targets = (relation.kind === 'any' ? relation.targets : [relation.target]).flatMap((id) => at.catalogue.find(id) ?? []);
    if (!targets.some((target) => takes(target, word, at))) return [];
    return [[relation.kind === 'many-to-one' ? relation.as : field.key, field]];
  });
}

/** What `deep` speaks of must be asked for; with `*`, the ids of a list are. */
function requireCrossed(level: Level, model: DataModel, at: At, given: string): void {
  const word = at.asked?.alias[given] ?? given;
  const found = findReadable(model, at, word) ?? unknownField(given);
  if (!found.crosses) fail('validation_failed', `Not valid: "deep" names ${given.slice(0, 80)}, which is no relation.`);
  if (level.inner.has(nameOf(found, word, given))) return;
  if (!level.all) fail('validation_failed', `Not valid: "deep" names ${given.slice(0, 80)}, which "fields" does not cross.`);
  if (isToMany(found.field)) takePath(level, model, at, [given]);
}

function nestedTree(word: string, part: Crossing, withId: boolean, at: At): NestedTree {
  // Asked for as a value and as a record, it comes as the record with its id.
  if (withId) part.paths.push({ rest: ['id'], to: undefined });
  const asked = at.asked?.relations.get(word);
  const targets = part.field.relation?.kind === 'any' ? eachTarget(word, part, at) : [oneTarget(part, at)];
  at.spent.relations += targets.length;
  if (at.spent.relations > limits.fieldRelations)
    fail('validation_failed', `Not valid: "fields" crosses more than ${limits.fieldRelations} relations altogether.`);
  return {
    word,
    field: part.field,
    idsOnly: part.idsOnly,
    asked,
    targets: targets.map(({ target, paths }) => {
      const inner = asked ?? at.asked?.relations.get(`${word}:${target.key}`) ?? at.asked?.relations.get(`${word}:${target.id}`);
      if (inner && !isToMany(part.field)) refuseListQuery(inner);
      return { target, tree: parseLevel(paths, target, { ...at, depth: at.depth + 1, asked: inner }) };
    }),
  };
}

function refuseListQuery({ path, filter, sort, limit, offset, search }: RelatedQuery): void {
  if (filter ?? sort ?? limit ?? search ?? (offset > 0 || undefined))
    fail('validation_failed', `Not valid: "deep.${path.slice(0, 80)}" leads to one record, of which there is nothing to choose.`);
}

interface Target {
  target: DataModel;
  paths: string[][];
}

function oneTarget({ field, paths }: Crossing, { catalogue }: At): Target {
  const target = targetOf({ field }, catalogue);
  if (!target) throw new Error(`${field.key} leads to something that is not there`);
  return { target, paths: paths.map(({ rest }) => rest) };
}

/** The models of a polymorphic relation that the paths are about: each takes of `subject.name` what it has. */
function eachTarget(word: string, { field, paths }: Crossing, at: At): Target[] {
  const { relation } = field;
  const models = relation?.kind === 'any' ? relation.targets.flatMap((id) => at.catalogue.find(id) ?? []) : [];
  const visible = models.filter((model) => !isNever(at.rules.rowRule(model)));
  const taken = new Set<Crossing['paths'][number]>();
  const targets = visible.map((target) => {
    const own = paths.filter(({ to, rest }) =>
      to === undefined ? takes(target, rest[0]!, at) : to === target.key || to === target.id,
    );
    for (const path of own) taken.add(path);
    return { target, paths: own.map(({ rest }) => rest) };
  });
  const lost = paths.find((path) => !taken.has(path));
  if (lost) unknownField([lost.to === undefined ? word : `${word}:${lost.to}`, ...lost.rest].join('.'));
  return targets
    .filter((target) => target.paths.length > 0)
    .map(({ target, paths: own }) => ({ target, paths: [...own, ['id']] }));
}

function takes(model: DataModel, word: string, at: At): boolean {
  return word === '*' || word === 'allowedActions' || findReadable(model, at, word) !== undefined;
}
