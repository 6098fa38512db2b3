/** Compiles and runs one write for a class of actors, kept by its shape; and reads the verdict that comes back. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { allOf, always, type Condition } from '@piper/shared/filter/ast';
import type { Ctx } from '../ctx.ts';
import { actorRef, userIdOf } from '../actor.ts';
import type { Tx } from '../db/db.ts';
import { afterCommit } from '../db/tx.ts';
import type { ActorRules } from './actor-rules.ts';
import { defaultFields } from './field-tree.ts';
import { columnTypeOf } from './fields/index.ts';
import type { SystemModel, Values } from './hooks.ts';
import { mayWrite } from '../key-scope.ts';
import { runStatement, scopeOf, type Row } from './run-statement.ts';
import type { Statement } from './sql-writer.ts';
import { refuseInput } from './write-input.ts';
import { refuseCheck } from './write-refusals.ts';
import { writeConditions } from './write-rules.ts';
import {
  insertStatement,
  linkedStatement,
  lockStatement,
  precheckStatement,
  removeStatement,
  updateStatement,
  valueInput,
  type WriteShape,
  type WriteStatement,
} from './write-sql.ts';
import { insertManyStatement, lockManyStatement, removeManyStatement, updateManyStatement } from './write-many-sql.ts';
import { catalogueOf } from './catalogue.ts';

type Step = keyof typeof compilers;

export interface Write {
  entry: SystemModel;
  step: Step;
  /** Values to set; their keys are fields with a column. */
  values: Values;
  /** Fields the writer named: the rules must grant them, and their targets be visible. */
  given: readonly string[];
  /** What runs after the hooks is not checked again, and returns the whole record instead of what the actor may read. */
  trusted?: boolean;
  id?: unknown;
  ifMatch?: number | undefined;
  /** What happened to the record's links. */
  links?: LinkChanges;
  /** The moment it is said to happen; now unless given. */
  at?: Date;
}

/** By the key of a many-to-many field: ids of the records that came to its list, and of those that went. */
export type LinkChanges = Record<string, { added: string[]; removed: string[] }>;

/** The row of the verdict and of the record; undefined when there was no such row to write. */
export async function runWrite(ctx: Ctx, write: Write): Promise<Outcome | undefined> {
  const plan = writePlan(ctx, write);
  const own = { id: write.id, ifMatch: write.ifMatch ?? null, links: JSON.stringify(write.links ?? {}) };
  const input = { ...commonInputs(ctx, write), ...own, ...valueInputs(write) };
  const [row] = await runStatement(ctx, plan.statement, scopeOf(ctx, input));
  return row && outcomeOf(plan, row);
}

/** What every write binds: who, and when. */
export const commonInputs = (ctx: Ctx, { at }: Pick<Write, 'at'>): Record<string, unknown> => ({
  actor: actorRef(ctx.actor),
  userId: userIdOf(ctx.actor) ?? null,
  now: at ?? ctx.deps.clock.now(),
  mayWrite: mayWrite(ctx),
});

/** The values of one row, as the driver takes them. */
export function valueInputs({ entry, values }: Pick<Write, 'entry' | 'values'>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const field of fieldsOf(entry.model, Object.keys(values)))
    input[valueInput(field)] = driverValue(field, values[field.key]);
  return input;
}

export const driverValue = (field: Field, value: unknown): unknown =>
  (value ?? null) === null ? null : (columnTypeOf(field).write?.(value) ?? value);

/** Parts what a statement's row says about the write from the record it returns. */
export function outcomeOf({ projection }: WritePlan, row: Row): Outcome {
  const verdict: Row = {};
  for (const key of Object.keys(row)) {
    if (!key.startsWith('$')) continue;
    verdict[key] = row[key];
    delete row[key];
  }
  // What one may write but not see afterwards is told by its id only, with nothing that the server set or computed.
  if (verdict['$visible'] === false) return { verdict, record: 'id' in row ? { id: row['id'] } : {} };
  return { verdict, record: projection?.read(row) ?? {} };
}

export interface Outcome {
  verdict: Row;
  record: Values;
}

/** Wakes the readers of the log once the event is committed. */
export function wakeReaders(ctx: Ctx): void {
  if (ctx.db.isTransaction) afterCommit(ctx.db as Tx, () => ctx.deps.events.wake());
  else ctx.deps.events.wake();
}

/** Throws what a verdict says against the write: another version, an invisible target, one of a kind that the field does not take, a rule. Unknown (null) counts as no. */
export function requirePassed(verdict: Row): void {
  const refused = (key: string): boolean => key in verdict && verdict[key] !== true;
  if (refused('$expected')) fail('version_mismatch');
  const refusedOf = (sign: string): string[] =>
    Object.keys(verdict).flatMap((key) => (key.startsWith(sign) && refused(key) ? [key.slice(sign.length)] : []));
  const [invisible, unfit] = [refusedOf('$sees:'), refusedOf('$fits:')];
  if (invisible.length === 0 && unfit.length > 0)
    refuseInput(unfit.map((path) => ({ path, message: 'takes no file of this type' })));
  if (invisible.length > 0 || refused('$passes')) refuseCheck(invisible);
}

/** The fields with a column among these keys, in the model's order. */
export const fieldsOf = (model: DataModel, keys: readonly string[]): Field[] =>
  model.fields.filter((field) => field.column !== undefined && keys.includes(field.key));

/** What the server sets on every new record. */
export function stampsOf(ctx: Ctx, model: DataModel, id: string): Values {
  const now = ctx.deps.clock.now().toISOString();
  const userId = userIdOf(ctx.actor) ?? null;
  const stamps: Values = { id, createdAt: now, updatedAt: now, createdBy: userId, updatedBy: userId, version: 1 };
  return Object.fromEntries(Object.entries(stamps).filter(([key]) => model.fields.some((field) => field.key === key)));
}

export interface WritePlan {
  statement: Statement;
  projection?: WriteStatement['projection'];
}

export function writePlan(ctx: Ctx, write: Write): WritePlan {
  const catalogue = catalogueOf(ctx);
  const { model } = write.entry;
  const rules = catalogue.rulesOf(ctx);
  const set = fieldsOf(model, Object.keys(write.values));
  const key = `${write.step} ${model.key} ${rules.key} ${String(write.trusted)} ${set.map((field) => field.key).join()} ${[...write.given].sort().join()}`;
  const found = catalogue.plans.get(key) as WritePlan | undefined;
  if (found) return found;
  const made: WritePlan = compilers[write.step](shapeOfWrite(ctx, write, set));
  catalogue.plans.set(key, made);
  return made;
}

const compilers = {
  insert: insertStatement,
  precheck: (shape: WriteShape): WritePlan => ({ statement: precheckStatement(shape) }),
  update: updateStatement,
  linked: (shape: WriteShape): WritePlan => ({ statement: linkedStatement(shape) }),
  lock: lockStatement,
  'lock to delete': lockStatement,
  delete: (shape: WriteShape) => removeStatement(shape, 'deleted'),
  restore: (shape: WriteShape) => removeStatement({ ...shape, deleted: true }, 'restored'),
  'insert many': insertManyStatement,
  'update many': (shape: WriteShape) => updateManyStatement(shape, false),
  'update alike': (shape: WriteShape) => updateManyStatement(shape, true),
  'lock many to delete': lockManyStatement,
  'lock many to erase': (shape: WriteShape) => lockManyStatement({ ...shape, deleted: 'any' }),
  'delete many': (shape: WriteShape) => removeManyStatement(shape, 'mark'),
  'erase many': (shape: WriteShape) => removeManyStatement({ ...shape, deleted: 'any' }, 'erase'),
  'restore many': (shape: WriteShape) => removeManyStatement({ ...shape, deleted: true }, 'restore'),
} satisfies Record<string, (shape: WriteShape) => WritePlan>;

const removals: ReadonlySet<string> = new Set(
  'delete,restore,lock to delete,lock many to delete,lock many to erase,delete many,erase many,restore many'.split(','),
);
const creations: ReadonlySet<string> = new Set(['insert', 'precheck', 'insert many']);

/** Nobody removes, or takes back, a user's record they may not read. */
const removableRule = (rules: ActorRules, model: DataModel): Condition =>
  model.projectId === undefined
    ? rules.actionRule(model, 'delete')
    : allOf([rules.actionRule(model, 'read'), rules.actionRule(model, 'delete')]);

function shapeOfWrite(ctx: Ctx, write: Write, set: Field[]): WriteShape {
  const { model } = write.entry;
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const whole = write.trusted === true || write.step === 'lock' || write.step === 'lock to delete';
  const own = whole ? model.fields.filter((field) => field.column !== undefined && !field.secret) : defaultFields(model, rules);
  const related = write.trusted || rules.unbound ? [] : fieldsOf(model, write.given).filter((field) => field.relation);
  const isRemoval = removals.has(write.step);
  const base = {
    model,
    rules,
    set,
    related,
    tree: { own, allowedActions: false, nested: [] },
    eyes: whole ? ('rule' as const) : ('actor' as const),
  };
  if (write.trusted) return { ...base, filter: always, check: always, pairs: [] };
  if (isRemoval) return { ...base, filter: removableRule(rules, model), check: always, pairs: [] };
  const verb = creations.has(write.step) ? 'create' : 'update';
  const { filter, check, pairs } = writeConditions(rules, model, verb, write.given);
  return { ...base, filter: verb === 'create' ? always : allOf([rules.rowRule(model), filter]), check, pairs };
}
