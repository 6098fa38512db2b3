/** Parses a filter's shape against a data model: every path must exist (and be readable), every operator must suit its field. */
import { fail } from '../errors.ts';
import { limits } from '../limits.ts';
import { hasValue, type DataModel, type Field } from '../data-model.ts';
import { fieldTypeOf } from '../fields/index.ts';
import { allOf, always, anyOf, type Comparison, type Condition, type Operand, type OperandItem } from './ast.ts';
import { bindOne, bindOperand, operandKind, takesWholeList } from './operand.ts';
import { isFlag, isOperator, type FlagOperator, type OperandKind, type Operator } from './operators.ts';
import { findPath, isToMany, splitPath, targetOf, type Found, type ParseOptions } from './path.ts';
import { refuse, shapeOf, Slot } from './shape.ts';
import { isComparable, userFieldNamed } from './user-fields.ts';
import { noVariable, parseVariable, resolveVariable, type Variable } from './variables.ts';

export { findPath, type ModelSource, type ParseOptions } from './path.ts';

interface Place {
  model: DataModel;
  path: string;
  depth: number;
  options: ParseOptions;
  /** Relations crossed so far, in the whole filter. */
  crossed: { count: number };
}

/** Parses a shape made by `shapeOf`; its slots stay open. Throws `bad_filter` or `unknown_field`, naming the path. */
export function parseShape(shape: unknown, model: DataModel, options: ParseOptions): Condition {
  return parseGroup(shape, { model, path: '', depth: 0, options, crossed: { count: 0 } });
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
  const [word = '', ...rest] = key.includes('(') ? splitPath(key) : [key];
  const found = findPath(place.model, word);
  if (!found || place.options.mayRead?.(place.model, found.field) === false) {
    fail('unknown_field', `There is no field "${key.slice(0, 80)}" here.`, [
      { path: place.path.slice(0, 200), message: 'no such field' },
    ]);
  }
  // A function around a path: its value belongs to the last word.
  return parseField(found, rest.length === 0 ? value : { [rest.join('.')]: value }, place);
}

function parseField(found: Found, value: unknown, place: Place): Condition {
  const { field } = found;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Slot) {
    refuse(place.path, 'must be an object of operators, such as {"_eq": …}');
  }
  const entries = Object.entries(value);
  const own = entries
    .filter(([key]) => isOperator(key))
    .map(([key, operand]) => parseOwn(found, key as Operator, operand, below(place, key)));
  const rest = entries.filter(([key]) => !isOperator(key));
  if (rest.length === 0) return allOf(own);
  if (!field.relation) {
    const key = rest[0]![0].slice(0, 80);
    refuse(below(place, key).path, key.startsWith('_') ? 'is no operator' : 'crosses a field that is no relation');
  }
  return allOf([...own, ...parseRelation(found, rest, place)]);
}

function parseRelation(found: Found, entries: [string, unknown][], place: Place): Condition[] {
  const { field } = found;
  const target = targetOf(found, place.options.models);
  if (!target) refuse(place.path, notFoundBehind(found, place));
  if (++place.crossed.count > limits.filterRelations)
    refuse(place.path, `is more than the ${limits.filterRelations} relations a filter may cross`);
  const there: Place = { ...place, model: target };
  if (!isToMany(field)) return [{ kind: 'one', field, target, of: parseGroup(Object.fromEntries(entries), there) }];
  const plain = entries.filter(([key]) => !isQuantifier(key));
  const parse = (node: unknown, path: string) => parseGroup(node, { ...there, path, depth: place.depth + 1 });
  const some =
    plain.length === 0 ? [] : [{ kind: 'some' as const, field, target, of: parse(Object.fromEntries(plain), place.path) }];
  const quantified = entries.flatMap(([key, node]) =>
    isQuantifier(key) ? [{ kind: quantifiers[key], field, target, of: parse(node, `${place.path}.${key}`) }] : [],
  );
  return [...some, ...quantified];
}

const quantifiers = { _some: 'some', _none: 'none', _every: 'every' } as const;
const isQuantifier = (key: string): key is keyof typeof quantifiers => Object.hasOwn(quantifiers, key);

function notFoundBehind({ field, to }: Found, { options }: Place): string {
  if (field.relation?.kind !== 'any' || to !== undefined) return 'leads to something that is not there';
  const keys = field.relation.targets.flatMap((id) => options.models.find(id)?.key ?? []);
  return `leads to several models: name one, such as "${field.key}:${keys[0] ?? 'model'}"`;
}

/** A list of related records has no value to compare, but there may be none. */
function parseOwn(found: Found, operator: Operator, raw: unknown, place: Place): Condition {
  const { field } = found;
  const asksForAny = operator === '_null' || operator === '_nnull' || operator === '_empty' || operator === '_nempty';
  if (hasValue(field) || !isToMany(field) || !asksForAny) return parseComparison(field, operator, raw, place);
  const wantsNone = operator.startsWith('_n') && operator !== '_null' ? !readFlag(raw, place) : readFlag(raw, place);
  return parseRelation(found, [[wantsNone ? '_none' : '_some', {}]], place)[0]!;
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
  return { ...comparison, operand: parseOperand(raw, comparison, place) };
}

/** A flag comes as text from an address. */
function readFlag(raw: unknown, place: Place): boolean {
  if (raw === true || raw === 'true') return true;
  return raw === false || raw === 'false' ? false : refuse(place.path, 'takes true or false');
}

const flag = (field: Field, operator: FlagOperator, place: Place): Comparison => ({
  kind: 'compare',
  field,
  operator,
  operand: { kind: 'literal', value: true },
  path: place.path,
});

function parseOperand(raw: unknown, comparison: Comparison, place: Place): Operand {
  if (raw instanceof Slot) return { kind: 'slot', index: raw.index };
  if (Array.isArray(raw)) return { kind: 'items', items: parseItems(raw, comparison, place) };
  const kind = operandKind(comparison);
  const variable = typeof raw === 'string' ? readVariable(raw, comparison, place, kind) : undefined;
  if (!variable) return { kind: 'literal', value: bindOperand(comparison, raw) };
  if ('user' in variable) return { kind: 'user', field: variable.user };
  const isList = variable.variable.name === 'roles';
  if (kind === 'pair' || (kind === 'list') !== isList || takesWholeList(comparison))
    refuse(comparison.path, kind === 'list' ? 'takes a list' : 'takes another kind of value');
  return { kind: 'variable', variable: variable.variable };
}

/** Values and variables; the roles stand among others as one each. */
function parseItems(raw: unknown[], comparison: Comparison, place: Place): OperandItem[] {
  const { path } = comparison;
  const kind = operandKind(comparison);
  if (kind === 'one') refuse(path, 'takes one value, not a list');
  if (kind === 'pair' && raw.length !== 2) refuse(path, 'takes a list of two values');
  if (raw.length > limits.filterValues) refuse(path, `has more than ${limits.filterValues} values`);
  return raw.map((item, i) => {
    const variable = typeof item === 'string' ? readVariable(item, comparison, place, 'one') : undefined;
    if (kind === 'pair' && variable && 'variable' in variable && variable.variable.name === 'roles')
      refuse(path, 'takes another kind of value');
    return variable ?? { value: bindOne(comparison, item, `${path}[${i}]`) };
  });
}

const sample = {
  userId: '00000000-0000-7000-8000-000000000000',
  role: 'OWNER',
  roles: ['OWNER'],
  projectId: '00000000-0000-7000-8000-000000000000',
};

/** A variable must be of a kind the field can be compared with: that is tried with an example. */
function readVariable(
  text: string,
  comparison: Comparison,
  place: Place,
  kind: OperandKind,
): { variable: Variable } | { user: Field } | undefined {
  const variable = parseVariable(text);
  if (variable === undefined) return undefined;
  if (variable === null) refuse(comparison.path, noVariable);
  if (variable.name === 'user-field') {
    const user = userFieldNamed(variable.key, place.options) ?? refuse(comparison.path, 'names an unknown field of the user');
    if (!isComparable(user, comparison, kind)) refuse(comparison.path, `takes another kind of value than the user's ${user.key}`);
    return { user };
  }
  const example = resolveVariable(variable, { ...sample, now: new Date() });
  bindOne(comparison, Array.isArray(example) ? example[0] : example);
  return { variable };
}
