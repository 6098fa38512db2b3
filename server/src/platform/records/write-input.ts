/** Checks what a writer gives against the definition: known, settable, granted by a rule, of the right type. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import { parseVariable, resolveVariable, unescaped } from '@piper/shared/filter/variables';
import type { Ctx } from '../ctx.ts';
import { userValuesOf } from './current-user.ts';
import { unknownField } from './field-tree.ts';
import type { SystemModel, Values } from './hooks.ts';
import { resolveId } from './read.ts';
import { isSettable } from './record-schemas.ts';
import { variablesOf } from './run-statement.ts';
import { isKnownTo } from './write-rules.ts';
import { catalogueOf } from './catalogue.ts';

export interface CheckedInput {
  /** Values of fields, in their normal form. */
  values: Values;
  /** What the model's feature takes besides. */
  extra: Values;
  /** Fields the writer named; presets and defaults are not among them. */
  given: string[];
  /** What presets name of the user who acts. */
  user: Values;
}

type Verb = 'create' | 'update';
interface Problem {
  path: string;
  message: string;
}

/** Throws for lists of related records that the actor doesn't know (`unknown_field`) or that are not theirs to set. */
export function checkLists(ctx: Ctx, entry: SystemModel, lists: readonly Field[], verb: Verb): void {
  for (const field of lists) {
    fieldNamed(ctx, entry, field.key, verb);
    if (field.readOnly) refuseValue(field.key, 'is set by the server');
  }
}

/** Sorts and checks the input. Throws `unknown_field`, `validation_failed` with every problem, or `forbidden` where no rule grants a field. */
export async function checkInput(ctx: Ctx, entry: SystemModel, input: unknown, verb: Verb): Promise<CheckedInput> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    fail('validation_failed', 'The body must be an object of fields.');
  }
  const checked: CheckedInput = { values: {}, extra: {}, given: [], user: await userValuesOf(ctx, entry.model, verb) };
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(input)) {
    const field = fieldNamed(ctx, entry, key, verb);
    if (field === 'extra') {
      checked.extra[key] = value;
      continue;
    }
    const problem = settableProblem(ctx, field, verb) ?? (await takeValue(ctx, field, value, checked.values));
    if (problem !== undefined) problems.push({ path: key, message: problem });
    checked.given.push(key);
  }
  if (problems.length > 0) refuseInput(problems);
  return checked;
}

/** The field a key of the input names, or that it is the feature's own. Throws `unknown_field`. */
function fieldNamed(ctx: Ctx, { model, hooks }: SystemModel, key: string, verb: Verb): Field | 'extra' {
  const field = model.fields.find((candidate) => candidate.key === key);
  if (!field && Object.hasOwn((verb === 'create' ? hooks?.extraCreate : hooks?.extraUpdate) ?? {}, key)) return 'extra';
  return field && isKnownTo(catalogueOf(ctx).rulesOf(ctx), model, field, [verb]) ? field : unknownField(key);
}

/** Completes a new record: presets of its rules, defaults of its fields. Throws `validation_failed` for required fields without a value. */
export function completeNew(ctx: Ctx, model: DataModel, checked: CheckedInput): Values {
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const values: Values = {};
  for (const field of model.fields) if (field.default !== undefined) values[field.key] = field.default;
  for (const rule of rules.rulesFor(model, 'create')) Object.assign(values, presetValues(ctx, rule.presets ?? {}, checked.user));
  return { ...values, ...checked.values };
}

/** Completes a change by the presets of its rules. One that sets nothing stays so. */
export function completeChanges(ctx: Ctx, model: DataModel, { values, user }: CheckedInput): Values {
  if (Object.keys(values).length === 0) return values;
  const presets: Values = {};
  for (const rule of catalogueOf(ctx).rulesOf(ctx).rulesFor(model, 'update'))
    if (rule.presets) Object.assign(presets, presetValues(ctx, rule.presets, user));
  return { ...presets, ...values };
}

/** Throws `validation_failed` naming every required field that has no value; after hooks had their turn. Hidden ones are not named. */
export function requireComplete(ctx: Ctx, model: DataModel, values: Values): void {
  const missing = model.fields.filter(
    (field) => field.required && isSettable(field, 'create') && (values[field.key] ?? null) === null,
  );
  if (missing.length === 0) return;
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const known = missing.filter((field) => isKnownTo(rules, model, field));
  if (known.length === 0) fail('forbidden', 'Such a record needs values that you may not give.');
  refuseInput(known.map((field) => ({ path: field.key, message: 'is required' })));
}

export function refuseInput(problems: readonly Problem[]): never {
  const first = problems[0]!;
  fail('validation_failed', `Not valid: "${first.path}" ${first.message}.`, problems);
}

/** Throws `validation_failed` about the value under `path`. */
export function refuseValue(path: string, message: string): never {
  refuseInput([{ path, message }]);
}

/** Piper itself may set what others may not; its callers know what they do. */
function settableProblem(ctx: Ctx, field: Field, verb: Verb): string | undefined {
  if (isSettable(field, verb) || (ctx.actor.kind === 'system' && field.column !== undefined && field.key !== 'id'))
    return undefined;
  return verb === 'update' && isSettable(field, 'create') ? 'cannot be changed afterwards' : 'is set by the server';
}

async function takeValue(ctx: Ctx, field: Field, value: unknown, into: Values): Promise<string | undefined> {
  if (value === undefined) return undefined;
  if (value === null) {
    into[field.key] = null;
    return field.required ? 'must not be null' : undefined;
  }
  try {
    into[field.key] = await normalise(ctx, field, value);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidValue) return error.message;
    throw error;
  }
}

/** A relation may be given by what its target resolves (a project's slug). */
async function normalise(ctx: Ctx, field: Field, value: unknown): Promise<unknown> {
  const target = field.relation && typeof value === 'string' ? catalogueOf(ctx).entry(field.relation.target ?? '') : undefined;
  if (target?.hooks?.resolveId) return resolveId(ctx, target, value as string);
  const normal = fieldTypeOf(field).normalise(value, field);
  return field.relation?.kind === 'any' ? withModelId(ctx, field.relation.targets, normal as AnyLink) : normal;
}

interface AnyLink {
  model: string;
  id: string;
}

/** Kept by the model's id, which no renaming changes. */
function withModelId(ctx: Ctx, targets: readonly string[], { model: reference, id }: AnyLink): AnyLink {
  const model = catalogueOf(ctx).find(reference);
  if (!model || !(targets.includes(model.id) || targets.includes(model.key)))
    throw new InvalidValue('must name one of the data models that the field leads to');
  return { model: model.id, id };
}

function presetValues(ctx: Ctx, presets: Record<string, unknown>, user: Values): Values {
  const variables = variablesOf(ctx);
  return Object.fromEntries(
    Object.entries(presets).map(([key, value]) => {
      const variable = typeof value === 'string' ? parseVariable(value) : undefined;
      if (variable?.name === 'user-field') return [key, user[variable.key] ?? null];
      return [key, variable ? resolveVariable(variable, variables) : unescaped(value)];
    }),
  );
}
