/** Compiles and runs one write for a class of actors, kept by its shape; and reads the verdict that comes back. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { allOf, always } from '@piper/shared/filter/ast';
import type { Ctx } from '../ctx.ts';
import { actorRef, userIdOf } from '../actor.ts';
import type { Tx } from '../db/db.ts';
import { afterCommit } from '../db/tx.ts';
import { defaultFields } from './field-tree.ts';
import { columnTypeOf } from './fields/index.ts';
import type { SystemModel, Values } from './hooks.ts';
import { mayWrite } from './key-scope.ts';
import { runStatement, scopeOf, type Row } from './run-statement.ts';
import type { Statement } from './sql-writer.ts';
import { refuseCheck } from './write-refusals.ts';
import { writeCondition } from './write-rules.ts';
import {
  insertStatement,
  lockStatement,
  precheckStatement,
  removeStatement,
  updateStatement,
  valueInput,
  type WriteShape,
  type WriteStatement,
} from './write-sql.ts';
import { catalogueOf } from './catalogue.ts';

type Step = 'insert' | 'precheck' | 'update' | 'lock' | 'lock to delete' | 'delete' | 'restore';

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
}

/** The row of the verdict and of the record; undefined when there was no such row to write. */
export async function runWrite(ctx: Ctx, write: Write): Promise<{ verdict: Row; record: Values } | undefined> {
  const plan = writePlan(ctx, write);
  const input: Record<string, unknown> = {
    id: write.id,
    ifMatch: write.ifMatch ?? null,
    actor: actorRef(ctx.actor),
    now: ctx.deps.clock.now(),
    mayWrite: mayWrite(ctx),
  };
  for (const field of fieldsOf(write.entry.model, Object.keys(write.values))) {
    const value = write.values[field.key];
    input[valueInput(field)] = value === null ? null : (columnTypeOf(field).write?.(value) ?? value);
  }
  const [row] = await runStatement(ctx, plan.statement, scopeOf(ctx, input));
  if (!row) return undefined;
  const verdict: Row = {};
  for (const key of Object.keys(row)) {
    if (!key.startsWith('$')) continue;
    verdict[key] = row[key];
    delete row[key];
  }
  return { verdict, record: plan.projection?.read(row) ?? {} };
}

/** Wakes the readers of the log once the event is committed. */
export function wakeReaders(ctx: Ctx): void {
  if (ctx.db.isTransaction) afterCommit(ctx.db as Tx, () => ctx.deps.events.wake());
  else ctx.deps.events.wake();
}

/** Throws what a verdict says against the write: another version, an invisible target, a rule. Unknown (null) counts as no. */
export function requirePassed(verdict: Row): void {
  const refused = (key: string): boolean => key in verdict && verdict[key] !== true;
  if (refused('$expected')) fail('version_mismatch');
  const invisible = Object.keys(verdict).flatMap((key) =>
    key.startsWith('$sees:') && refused(key) ? [key.slice('$sees:'.length)] : [],
  );
  if (invisible.length > 0 || refused('$passes')) refuseCheck(invisible);
}

/** The fields with a column among these keys, in the model's order. */
export const fieldsOf = (model: DataModel, keys: readonly string[]): Field[] =>
  model.fields.filter((field) => field.column !== undefined && keys.includes(field.key));

/** What the server sets on every new record. */
export function stampsOf(ctx: Ctx, model: DataModel, id: string): Values {
  const now = ctx.deps.clock.now().toISOString();
  const stamps: Values = { id, createdAt: now, updatedAt: now, createdBy: userIdOf(ctx.actor) ?? null, version: 1 };
  return Object.fromEntries(Object.entries(stamps).filter(([key]) => model.fields.some((field) => field.key === key)));
}

interface WritePlan {
  statement: Statement;
  projection?: WriteStatement['projection'];
}

function writePlan(ctx: Ctx, write: Write): WritePlan {
  const catalogue = catalogueOf(ctx);
  const { model } = write.entry;
  const rules = catalogue.rulesOf(ctx);
  const set = fieldsOf(model, Object.keys(write.values));
  const key = `${write.step} ${model.key} ${rules.key} ${String(write.trusted)} ${set.map((field) => field.key).join()} ${[...write.given].sort().join()}`;
  const found = catalogue.plans.get(key) as WritePlan | undefined;
  if (found) return found;
  const made = compileWrite(shapeOfWrite(ctx, write, set), write.step);
  catalogue.plans.set(key, made);
  return made;
}

function compileWrite(shape: WriteShape, step: Step): WritePlan {
  switch (step) {
    case 'insert':
      return insertStatement(shape);
    case 'precheck':
      return { statement: precheckStatement(shape) };
    case 'update':
      return updateStatement(shape);
    case 'lock':
    case 'lock to delete':
      return lockStatement(shape);
    case 'delete':
      return removeStatement(shape, 'deleted');
    case 'restore':
      return removeStatement({ ...shape, deleted: true }, 'restored');
  }
}

function shapeOfWrite(ctx: Ctx, write: Write, set: Field[]): WriteShape {
  const { model } = write.entry;
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const whole = write.trusted === true || write.step.startsWith('lock');
  const own = whole ? model.fields.filter((field) => field.column !== undefined && !field.secret) : defaultFields(model, rules);
  const related = write.trusted || rules.unbound ? [] : fieldsOf(model, write.given).filter((field) => field.relation);
  const isRemoval = ['delete', 'restore', 'lock to delete'].includes(write.step);
  const base = {
    model,
    rules,
    set,
    related,
    tree: { own, allowedActions: false, nested: [] },
    eyes: whole ? ('rule' as const) : ('actor' as const),
  };
  if (write.trusted) return { ...base, filter: always, check: always };
  if (isRemoval) return { ...base, filter: rules.actionRule(model, 'delete'), check: always };
  const verb = write.step === 'insert' || write.step === 'precheck' ? 'create' : 'update';
  const condition = (part: 'filter' | 'check') => writeCondition(rules, model, verb, { given: write.given, part });
  return {
    ...base,
    filter: verb === 'create' ? always : allOf([rules.rowRule(model), condition('filter')]),
    check: condition('check'),
  };
}
