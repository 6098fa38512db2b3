/** Checks a formula against its data model: looks up its fields, finds the type of each part and of the whole. */
import type { DataModel, Field } from '../data-model.ts';
import type { ModelSource } from '../filter/path.ts';
import type { Node } from './ast.ts';
import { quoted, refuseFormula } from './formula-error.ts';
import type { Parameter } from './function-signature.ts';
import { formulaFunctions } from './functions.ts';
import { checkOperator } from './check-operator.ts';
import { resolvePath } from './references.ts';
import { timeUnit, timeUnits, type TimeUnit } from './time-units.ts';
import { call, convert, literal, type Typed } from './typed.ts';
import { valueTypeName, valueTypes, type ValueType } from './value-types.ts';

export interface FormulaScope {
  /** Whose fields the formula names. */
  model: DataModel;
  models: ModelSource;
  /** The name of the type of a field's values, where the definition may not say it yet; undefined when the field is not valid. */
  typeNameOf?: (field: Field, model: DataModel) => string | undefined;
}

/** The formula with its fields and types. Throws FormulaError. */
export function checkFormula(node: Node, scope: FormulaScope): Typed & { type: ValueType } {
  const typed = check(node, scope);
  if (typed.type === 'null') refuseFormula(node.at, 'the formula gives nothing but null.');
  return typed as Typed & { type: ValueType };
}

function check(node: Node, scope: FormulaScope): Typed {
  switch (node.kind) {
    case 'number':
      return literal(node.text.includes('.') ? 'number' : 'integer', node.text);
    case 'text':
      return literal('text', node.value);
    case 'boolean':
      return literal('boolean', node.value);
    case 'null':
      return literal('null', null);
    case 'reference':
      return checkReference(node, scope);
    case 'unary':
      return checkOperator(node, [check(node.of, scope)]);
    case 'binary':
      return checkOperator(node, [check(node.left, scope), check(node.right, scope)]);
    case 'call':
      return checkCall(node, scope);
  }
}

function checkReference({ path, at }: Extract<Node, { kind: 'reference' }>, scope: FormulaScope): Typed {
  const written = quoted(`{${path.join('.')}}`);
  const steps = resolvePath(path, scope.model, scope.models);
  if (typeof steps === 'string') return refuseFormula(at, `${written} ${steps}.`);
  const { field, model } = steps.at(-1)!;
  const name = scope.typeNameOf ? scope.typeNameOf(field, model) : valueTypeName(field);
  if (name === undefined) return refuseFormula(at, `${written} is itself not valid.`);
  const type = valueTypes.get(name);
  if (!type) return refuseFormula(at, `${written} is of the type ${name}, which formulas can't compute with.`);
  return { kind: 'reference', type, steps };
}

function checkCall(node: Extract<Node, { kind: 'call' }>, scope: FormulaScope): Typed {
  const { name, args, at } = node;
  const found = formulaFunctions.get(name);
  if (!found) return refuseFormula(at, `there is no function ${quoted(name)}.`);
  if (args.length < found.least || args.length > found.most)
    refuseFormula(at, `${name} takes ${numberOf(found.least, found.most)}: ${found.usage}.`);
  const given = args.map((arg) => check(arg, scope));
  const unit = unitAmong(given);
  const signature = found.accept(
    given.map(({ type }) => type),
    unit,
  );
  if ('problem' in signature) return refuseFormula(args[signature.argument]!.at, `${name} ${signature.problem}: ${found.usage}.`);
  const taken = given.flatMap((arg, i) => takeAs(arg, signature.parameters[i]!, { name, node: args[i]! }));
  const typed = call(name, signature.result, taken);
  return unit !== undefined && signature.parameters.includes('unit') ? { ...typed, unit } : typed;
}

/** The unit of time among literal arguments; only functions that take one look at it. */
function unitAmong(args: readonly Typed[]): TimeUnit | undefined {
  const last = args.at(-1);
  return last?.kind === 'literal' && typeof last.value === 'string' ? timeUnit(last.value) : undefined;
}

/** The argument as its parameter asks for it; a unit is no argument of the result. */
function takeAs(arg: Typed, parameter: Parameter, of: { name: string; node: Node }): Typed[] {
  if (parameter === 'any') return [arg.type === 'null' ? convert(arg, 'text') : arg];
  if (parameter === 'shown') return [convert(arg, 'text')];
  if (parameter !== 'unit') return [convert(arg, parameter)];
  if (of.node.kind === 'text' && timeUnit(of.node.value)) return [];
  return refuseFormula(of.node.at, `${of.name} takes one of '${timeUnits.join("', '")}' here.`);
}

function numberOf(least: number, most: number): string {
  const count = least === most ? `${most}` : `${least} to ${most}`;
  return `${count} ${most === 1 ? 'argument' : 'arguments'}`;
}
