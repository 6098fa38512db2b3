/** Parses a filter's shape against a data model: every path must exist (and be readable), every operator must suit its field. */
import { fail } from '../errors.ts';
import { limits } from '../limits.ts';
import { hasValue, type DataModel, type Field } from '../data-model.ts';
import { fieldTypeOf } from '../fields/index.ts';
import { allOf, always, anyOf, type Comparison, type Condition, type Operand } from './ast.ts';
import { bindOperand } from './operand.ts';
import { isFlag, isOperator, operatorInfo, type FlagOperator, type Operator } from './operators.ts';
import { refuse, shapeOf, Slot } from './shape.ts';
import { parseVariable, resolveVariable, type Variable } from './variables.ts';

/** Where relations find their targets. */
export interface ModelSource {
  find(key: string): DataModel | undefined;
}

export interface ParseOptions {
  models: ModelSource;
  /** Fields for which it is false are treated as if they did not exist. */
  mayRead?: (model: DataModel, field: Field) => boolean;
}

interface Place {
  model: DataModel;
  path: string;
  depth: number;
  options: ParseOptions;
}

/** Parses a shape made by `shapeOf`; its slots stay open. Throws `bad_filter` or `unknown_field`, naming the path. */
export function parseShape(shape: unknown, model: DataModel, options: ParseOptions): Condition {
  return parseGroup(shape, { model, path: '', depth: 0, options });
}

/** Parses a whole filter, with its values as literals. */
export function parseFilter(filter: unknown, model: DataModel, options: ParseOptions): Condition {
  const { shape, values } = shapeOf(filter);
  return fillSlots(parseShape(shape, model, options), values);
}

/** Every comparison of a condition that waits for a value. */
export function slotsOf(condition: Condition): Comparison[] {
  if (condition.kind === 'compare') return condition.operand.kind === 'slot' ? [condition] : [];
  return Array.isArray(condition.of) ? condition.of.flatMap(slotsOf) : slotsOf(condition.of);
}

/** Puts values into the slots, checked and in their normal form. */
export function fillSlots(condition: Condition, values: readonly unknown[]): Condition {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { ...condition, of: condition.of.map((part) => fillSlots(part, values)) };
    case 'compare':
      if (condition.operand.kind !== 'slot') return condition;
      return { ...condition, operand: { kind: 'literal', value: bindOperand(condition, values[condition.operand.index]) } };
    default:
      return { ...condition, of: fillSlots(condition.of, values) };
  }
}

const below = (place: Place, key: string): Place => ({
  ...place,
  path: place.path === '' ? key : `${place.path}.${key}`,
  depth: place.depth + 1,
});

function parseGroup(node: unknown, place: Place): Condition {
  if (node === undefined) return always;
  if (typeof node !== 'object' || node === null || Array.isArray(node)) refuse(place.path, 'must be an object');
  if (place.depth > limits.filterDepth) refuse(place.path, `is nested more than ${limits.filterDepth} levels deep`);
  return allOf(Object.entries(node).map(([key, value]) => parseEntry(key, value, below(place, key))));
}

function parseEntry(key: string, value: unknown, place: Place): Condition {
  if (key === '_and' || key === '_or') {
    if (!Array.isArray(value)) refuse(place.path, 'must be a list of conditions');
    const parts = value.map((part, i) => parseGroup(part, { ...place, path: `${place.path}[${i}]` }));
    return key === '_and' ? allOf(parts) : anyOf(parts);
  }
  const found = findPath(place.model, key);
  if (!found || place.options.mayRead?.(place.model, found.field) === false) {
    fail('unknown_field', `There is no field "${key.slice(0, 80)}" here.`, [
      { path: place.path.slice(0, 200), message: 'no such field' },
    ]);
  }
  return parseField(found.field, value, place);
}

/** The field a path's next word names: by its key, or by the name under which it crosses to its target. */
export function findPath(model: DataModel, word: string): { field: Field; crosses: boolean } | undefined {
  for (const field of model.fields) {
    if (field.secret) continue;
    const crossing =
      field.relation?.kind === 'many-to-one' ? field.relation.as === word : field.relation !== undefined && field.key === word;
    if (crossing) return { field, crosses: true };
    if (field.key === word) return { field, crosses: false };
  }
  return undefined;
}

function parseField(field: Field, value: unknown, place: Place): Condition {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Slot) {
    refuse(place.path, 'must be an object of operators, such as {"_eq": …}');
  }
  const entries = Object.entries(value);
  const own = entries
    .filter(([key]) => isOperator(key))
    .map(([key, operand]) => parseComparison(field, key as Operator, operand, below(place, key)));
  const rest = entries.filter(([key]) => !isOperator(key));
  if (rest.length === 0) return allOf(own);
  if (!field.relation) {
    const key = rest[0]![0].slice(0, 80);
    refuse(below(place, key).path, key.startsWith('_') ? 'is no operator' : 'crosses a field that is no relation');
  }
  return allOf([...own, ...parseRelation(field, rest, place)]);
}

function parseRelation(field: Field, entries: [string, unknown][], place: Place): Condition[] {
  const relation = field.relation!;
  const target = relation.target === undefined ? undefined : place.options.models.find(relation.target);
  if (!target) refuse(place.path, 'leads to something that is not there');
  if (relation.kind === 'many-to-one') {
    return [{ kind: 'one', field, target, of: parseGroup(Object.fromEntries(entries), { ...place, model: target }) }];
  }
  if (relation.kind !== 'one-to-many') refuse(place.path, 'can not be crossed');
  const by = target.fields.find((candidate) => candidate.key === relation.by || candidate.id === relation.by);
  if (!by) throw new Error(`${place.model.key}.${field.key} points by ${relation.by}, which ${target.key} does not have`);
  const quantifiers = { _some: 'some', _none: 'none', _every: 'every' } as const;
  const isQuantifier = (key: string): key is keyof typeof quantifiers => Object.hasOwn(quantifiers, key);
  const plain = entries.filter(([key]) => !isQuantifier(key));
  const parse = (node: unknown, path: string) => parseGroup(node, { ...place, model: target, path, depth: place.depth + 1 });
  const some =
    plain.length === 0 ? [] : [{ kind: 'some' as const, field, target, by, of: parse(Object.fromEntries(plain), place.path) }];
  const quantified = entries.flatMap(([key, node]) =>
    isQuantifier(key) ? [{ kind: quantifiers[key], field, target, by, of: parse(node, `${place.path}.${key}`) }] : [],
  );
  return [...some, ...quantified];
}

const opposite: Record<FlagOperator, FlagOperator> = { _null: '_nnull', _nnull: '_null', _empty: '_nempty', _nempty: '_empty' };

function parseComparison(field: Field, operator: Operator, raw: unknown, place: Place): Comparison {
  if (!hasValue(field)) refuse(place.path, 'compares a list; use _some, _none or _every');
  if (raw === null && (operator === '_eq' || operator === '_neq'))
    return flag(field, operator === '_eq' ? '_null' : '_nnull', place);
  if (!fieldTypeOf(field).operators.includes(operator)) refuse(place.path, `does not suit a field of type ${field.type}`);
  if (isFlag(operator)) return flag(field, readFlag(raw, place) ? operator : opposite[operator], place);
  const comparison: Comparison = {
    kind: 'compare',
    field,
    operator,
    operand: { kind: 'literal', value: null },
    path: place.path,
  };
  return { ...comparison, operand: parseOperand(raw, comparison) };
}

/** A flag comes as text from an address. */
function readFlag(raw: unknown, place: Place): boolean {
  const text = String(raw);
  return text === 'true' || text === 'false' ? text === 'true' : refuse(place.path, 'takes true or false');
}

const flag = (field: Field, operator: FlagOperator, place: Place): Comparison => ({
  kind: 'compare',
  field,
  operator,
  operand: { kind: 'literal', value: true },
  path: place.path,
});

function parseOperand(raw: unknown, comparison: Comparison): Operand {
  if (raw instanceof Slot) return { kind: 'slot', index: raw.index };
  if (Array.isArray(raw)) return { kind: 'items', items: parseItems(raw, comparison) };
  const variable = typeof raw === 'string' ? readVariable(raw, comparison) : undefined;
  if (!variable) return { kind: 'literal', value: bindOperand(comparison, raw) };
  const takesList = operatorInfo(comparison.operator).operand === 'list';
  if (operatorInfo(comparison.operator).operand === 'pair' || takesList !== (variable.name === 'roles')) {
    refuse(comparison.path, takesList ? 'takes a list' : 'takes another kind of value');
  }
  return { kind: 'variable', variable };
}

function parseItems(raw: unknown[], comparison: Comparison): ({ value: unknown } | { variable: Variable })[] {
  const kind = operatorInfo(comparison.operator).operand;
  if (kind === 'one') refuse(comparison.path, 'takes one value, not a list');
  if (kind === 'pair' && raw.length !== 2) refuse(comparison.path, 'takes a list of two values');
  if (raw.length > limits.filterValues) refuse(comparison.path, `has more than ${limits.filterValues} values`);
  const single: Comparison = { ...comparison, operator: '_eq' };
  return raw.map((item) => {
    const variable = typeof item === 'string' ? readVariable(item, single) : undefined;
    return variable ? { variable } : { value: bindOperand(single, item) };
  });
}

const sample = {
  userId: '00000000-0000-7000-8000-000000000000',
  role: 'OWNER',
  roles: ['OWNER'],
  projectId: '00000000-0000-7000-8000-000000000000',
};

/** A variable must be of a kind the field can be compared with: that is tried with an example. */
function readVariable(text: string, comparison: Comparison): Variable | undefined {
  const variable = parseVariable(text);
  if (variable === undefined) return undefined;
  if (variable === null) refuse(comparison.path, 'names an unknown variable');
  const example = resolveVariable(variable, { ...sample, now: new Date() });
  bindOperand({ ...comparison, operator: '_eq' }, Array.isArray(example) ? example[0] : example);
  return variable;
}
