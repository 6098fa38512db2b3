/**
 * All computed fields of a set of definitions together: what type each yields, whether it is valid, on which others it
 * builds. Run over the definitions whenever they change, since a change of one field may concern every field above it.
 */
import type { DataModel, Field } from '../data-model.ts';
import { PiperError } from '../errors.ts';
import { limits } from '../limits.ts';
import { parseFilter } from '../filter/parse.ts';
import { findPath, sourceOf, targetOf, type ModelSource } from '../filter/path.ts';
import { checkFormula } from './check.ts';
import { FormulaError } from './formula-error.ts';
import { parseFormula } from './parse.ts';
import { formulaOf, lookupOf, lookupResult, rollupOf, rollupResult } from './related.ts';
import { referencesIn, sizeOf } from './typed.ts';
import { resultTypes, valueTypeName } from './value-types.ts';

export interface ComputedProblem {
  model: DataModel;
  field: Field;
  /** A whole sentence. */
  message: string;
  /** Of a formula: the index of the character. */
  position?: number;
  /** When the field builds on itself: the fields of the circle in order, each of which builds on the next. */
  circle?: Field[];
}

export interface ComputedFields {
  /** By the field's id: the name of the field type of what it yields. Fields with a problem are missing. */
  results: ReadonlyMap<string, string>;
  problems: ComputedProblem[];
}

export const isComputed = (field: Field): boolean =>
  field.type === 'formula' || field.type === 'lookup' || field.type === 'rollup';

/** What a computed field yields, and what it costs: the parts of it and of everything it builds on, and how many levels there are. */
interface Resolved {
  result: string;
  parts: number;
  levels: number;
}

interface Place {
  model: DataModel;
  field: Field;
}

interface Resolving {
  models: ModelSource;
  /** Computed fields of the definitions at hand; those of other models keep the result they have. */
  open: ReadonlySet<Field>;
  done: Map<Field, Resolved | undefined>;
  /** What is being resolved at the moment, outermost first. */
  path: Place[];
  problems: ComputedProblem[];
}

/** Resolves the computed fields of these models, whatever results they bear. `outside` finds models that are not among them: Piper's own. */
export function resolveComputed(definitions: readonly DataModel[], outside: ModelSource): ComputedFields {
  const models = definitions.map(openCopy);
  const byName = new Map(models.flatMap((model) => [[model.key, model] as const, [model.id, model] as const]));
  const resolving: Resolving = {
    models: { find: (name) => byName.get(name) ?? outside.find(name) },
    open: new Set(models.flatMap((model) => model.fields.filter(isComputed))),
    done: new Map(),
    path: [],
    problems: [],
  };
  const results = new Map<string, string>();
  for (const model of models)
    for (const field of model.fields.filter(isComputed)) {
      const resolved = resolve({ model, field }, resolving);
      if (resolved) results.set(field.id, resolved.result);
    }
  return { results, problems: resolving.problems };
}

/** Its computed fields bear the result of none until they are resolved. */
const openCopy = (model: DataModel): DataModel => ({
  ...model,
  fields: model.fields.map((field) => (isComputed(field) ? { ...field, result: '' } : field)),
});

/** The computed fields of a circle, if there is one: each builds on the next, and the last on the first. */
export const findCycle = (definitions: readonly DataModel[], outside: ModelSource): Field[] | undefined =>
  resolveComputed(definitions, outside).problems.find(({ circle }) => circle)?.circle;

/** Says of the field being resolved why it can't be computed. */
class Problem extends Error {}

function resolve(place: Place, resolving: Resolving): Resolved | undefined {
  const { done, path, problems } = resolving;
  if (done.has(place.field)) return done.get(place.field);
  const from = path.findIndex(({ field }) => field === place.field);
  if (from >= 0) {
    refuseCircle(path.slice(from), resolving);
    return undefined;
  }
  path.push(place);
  let resolved: Resolved | undefined;
  try {
    resolved = bounded(resolveOne(place, resolving));
  } catch (error) {
    if (!(error instanceof Problem || error instanceof FormulaError || error instanceof PiperError)) throw error;
    // A circle was told already, of each of its fields.
    if (!done.has(place.field))
      problems.push({ ...place, message: error.message, ...(error instanceof FormulaError && { position: error.position }) });
  } finally {
    path.pop();
  }
  if (done.has(place.field)) return undefined;
  done.set(place.field, resolved);
  if (resolved) place.field.result = resolved.result;
  return resolved;
}

function refuseCircle(circle: readonly Place[], { done, problems }: Resolving): void {
  circle.forEach((place, i) => {
    const turned = [...circle.slice(i), ...circle.slice(0, i)].map(({ field }) => field);
    const names = [...turned, place.field].map(({ label }) => label).join(' → ');
    problems.push({ ...place, message: `${place.field.label} builds on itself: ${names}.`, circle: turned });
    done.set(place.field, undefined);
  });
}

function bounded(resolved: Resolved): Resolved {
  if (resolved.levels > limits.computedLevels)
    throw new Problem(`At most ${limits.computedLevels} computed fields may build on each other.`);
  if (resolved.parts > limits.formulaPartsWithin)
    throw new Problem(`Together with the computed fields it builds on it has more than ${limits.formulaPartsWithin} parts.`);
  return resolved;
}

function resolveOne(place: Place, resolving: Resolving): Resolved {
  switch (place.field.type) {
    case 'formula':
      return resolveFormula(place, resolving);
    case 'lookup':
      return resolveLookup(place, resolving);
    default:
      return resolveRollup(place, resolving);
  }
}

/** The name of a field's type, that of a computed one being found first; undefined when that one is not valid. */
const typeNameOf = (place: Place, resolving: Resolving): string | undefined =>
  resolving.open.has(place.field) ? resolve(place, resolving)?.result : valueTypeName(place.field);

/** Adds what the fields it builds on cost. */
function onTopOf(places: readonly Place[], resolving: Resolving, own: { result: string; parts: number }): Resolved {
  const below = places.flatMap((place) => (resolving.open.has(place.field) ? (resolve(place, resolving) ?? []) : []));
  return {
    result: own.result,
    parts: below.reduce((sum, { parts }) => sum + parts, own.parts),
    levels: 1 + Math.max(0, ...below.map(({ levels }) => levels)),
  };
}

function resolveFormula({ model, field }: Place, resolving: Resolving): Resolved {
  const typed = checkFormula(parseFormula(formulaOf(field)), {
    model,
    models: resolving.models,
    typeNameOf: (of, within) => typeNameOf({ model: within, field: of }, resolving),
  });
  const read = referencesIn(typed).map((steps) => steps.at(-1)!);
  return onTopOf(read, resolving, { result: resultTypes[typed.type], parts: sizeOf(typed) });
}

const requireNoProblem = <T extends object>(found: T | string): T => {
  if (typeof found === 'string') throw new Problem(found);
  return found;
};

/** The type of the field behind the relation. Throws when that one is not valid. */
function typeBehind(place: Place, resolving: Resolving): string {
  const name = typeNameOf(place, resolving);
  if (name === undefined) throw new Problem(`${place.field.label} of ${place.model.label} is itself not valid.`);
  return name;
}

/** What reading over a relation counts for among the parts of a formula. */
const relationParts = 10;

function resolveLookup({ model, field }: Place, resolving: Resolving): Resolved {
  const lookup = requireNoProblem(lookupOf(field, model, resolving.models));
  const behind = { model: lookup.target, field: lookup.field };
  const { result } = requireNoProblem(lookupResult(lookup, typeBehind(behind, resolving)));
  return onTopOf([behind], resolving, { result, parts: relationParts });
}

function resolveRollup({ model, field }: Place, resolving: Resolving): Resolved {
  const rollup = requireNoProblem(rollupOf(field, model, resolving.models));
  const behind = rollup.field ? [{ model: rollup.target, field: rollup.field }] : [];
  const typeName = behind[0] && typeBehind(behind[0], resolving);
  const { result } = requireNoProblem(rollupResult(rollup, typeName));
  const compared = rollup.filter ? comparedFields(rollup.filter, rollup.target, resolving) : [];
  return onTopOf([...behind, ...compared], resolving, { result, parts: relationParts });
}

/** The computed fields a rollup's filter compares. Throws when the filter is not valid. */
function comparedFields(filter: object, target: DataModel, resolving: Resolving): Place[] {
  const places = [...computedIn(filter, target, resolving, 0)];
  // Which operators suit a computed field is known once it is resolved.
  for (const place of places) typeBehind(place, resolving);
  parseFilter(filter, target, { models: resolving.models });
  return places;
}

/** What the words of a filter name, whether or not it is one. */
function* computedIn(node: unknown, model: DataModel, resolving: Resolving, depth: number): Generator<Place> {
  if (typeof node !== 'object' || node === null || depth > limits.filterDepth * 2) return;
  for (const [word, inner] of Object.entries(node)) {
    const found = findPath(model, word);
    const field = found && sourceOf(found.field);
    if (field && resolving.open.has(field)) yield { model, field };
    const target = found && targetOf(found, resolving.models);
    yield* computedIn(inner, target ?? model, resolving, depth + 1);
  }
}
