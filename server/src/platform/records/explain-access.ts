/**
 * Why an actor may, or may not, do something to a record: each rule of the action is asked by itself, in the database and with
 * the actor's variables. For those who may know the rules; everybody else only learns that it is refused.
 */
import type { Action, DataModel, Field, Rule } from '@piper/shared/data-model';
import { PiperError } from '@piper/shared/errors';
import type { RuleVerdict, Verdict } from '@piper/shared/project-rules';
import { system } from '../actor.ts';
import type { Ctx } from '../ctx.ts';
import { isOffered, mayRead, rolesOf, type ActorRules } from './actor-rules.ts';
import { catalogueOf, entryOf } from './catalogue.ts';
import { conditionSql, idFieldOf, idSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import { userValuesOf } from './current-user.ts';
import { decide, sentenceOn, type Found } from './explain-words.ts';
import { unknownField } from './field-tree.ts';
import { columnTypeOf } from './fields/index.ts';
import type { SystemModel, Values } from './hooks.ts';
import { resolveId } from './read.ts';
import { runStatement, scopeOf, type Row } from './run-statement.ts';
import { quote, quoteTable, sqlWriter, type SqlWriter, type Statement } from './sql-writer.ts';
import { checkInput, completeChanges, completeNew } from './write-input.ts';
import { stampsOf, valueInputs } from './write-plan.ts';
import { partRelated } from './write-related.ts';
import { targetsVisible } from './write-targets.ts';

export interface Asked {
  action: Action;
  /** Of the existing record; without it only roles and fields are looked at. */
  id?: string | undefined;
  /** What would be written. */
  values?: unknown;
  /** Fields to be read or written, besides those of `values`. */
  fields?: readonly string[] | undefined;
}

/** Decides as the engine does, rule by rule. Throws `not_found` for a model that is not there, `validation_failed` for values that can't be. */
export async function explainAccess(ctx: Ctx, modelKey: string, asked: Asked): Promise<Verdict> {
  const entry = entryOf(ctx, modelKey);
  const { model } = entry;
  const values = await newValues(ctx, entry, asked);
  const fields = [
    ...new Set([...(asked.fields ?? []), ...Object.keys(typeof asked.values === 'object' ? (asked.values ?? {}) : {})]),
  ];
  for (const field of fields) if (!model.fields.some((known) => known.key === field && !known.secret)) unknownField(field);
  const found = await askDatabase(ctx, entry, asked, values);
  const rules = model.rules.flatMap((rule, i) =>
    rule.action === asked.action ? [verdictOn(ctx, model, rule, { index: i + 1, row: found.row, fields })] : [],
  );
  const { action } = asked;
  const actorRules = catalogueOf(ctx).rulesOf(ctx);
  const dead =
    action === 'read'
      ? model.fields.find((field) => fields.includes(field.key) && !mayRead(actorRules, model, field))
      : undefined;
  return { ...decide({ ...found, model, action, roles: rolesOf(ctx), rules, fields, dead: dead?.key }), rules };
}

/** Runs `work`; a refusal names the rule to those who may know the rules. */
export async function withReasons<R>(ctx: Ctx, modelKey: string, asked: Asked, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PiperError) || error.code !== 'forbidden' || ctx.project?.managesRules !== true) throw error;
    const { sentence, rules } = await explainAccess(ctx, modelKey, asked).catch((): never => {
      throw error;
    });
    const known = Array.isArray(error.details) ? (error.details as unknown[]) : [];
    const details = [...known, { path: '', message: sentence, rules }];
    throw new PiperError('forbidden', { message: error.message, details, cause: error });
  }
}

/** The values of the row as it would be written; undefined when nothing is to be written. */
async function newValues(ctx: Ctx, entry: SystemModel, { action, values }: Asked): Promise<Values | undefined> {
  if (values === undefined || (action !== 'create' && action !== 'update')) return undefined;
  // As Piper itself, so that what the actor may not set is told by the rules and not by a missing field.
  const { plain } = partRelated(entry.model, values as Values);
  const { model } = entry;
  const asSystem = await checkInput({ ...ctx, actor: system }, entry, plain, action);
  const checked = { ...asSystem, user: await userValuesOf(ctx, model, action) };
  if (action === 'update') return completeChanges(ctx, model, checked);
  return { ...completeNew(ctx, model, checked), ...stampsOf(ctx, model, '00000000-0000-0000-0000-000000000000') };
}

async function askDatabase(ctx: Ctx, entry: SystemModel, asked: Asked, values: Values | undefined): Promise<Found> {
  const { model } = entry;
  const isNew = asked.action === 'create';
  if (isNew ? values === undefined : asked.id === undefined) return { isMissing: false };
  const id = isNew ? undefined : await resolveId(ctx, entry, asked.id!).catch(notThere);
  if (!isNew && id === undefined) return { isMissing: true };
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const chosen = values && rules.unbound === false ? relationsIn(model, asked.values) : [];
  const statement = verdictsStatement({ model, rules, action: asked.action, values, chosen });
  const input = { id, ...(values ? valueInputs({ entry, values }) : {}) };
  const [row] = await runStatement(ctx, statement, scopeOf(ctx, input));
  return { row, isMissing: row === undefined };
}

function notThere(error: unknown): undefined {
  if (error instanceof PiperError && error.code === 'not_found') return undefined;
  throw error;
}

interface Question {
  model: DataModel;
  rules: ActorRules;
  action: Action;
  values: Values | undefined;
  /** Relations whose targets the actor chose: they must be visible to them. */
  chosen: readonly Field[];
}

const relationsIn = (model: DataModel, values: unknown): Field[] =>
  model.fields.filter((field) => field.relation && field.column !== undefined && Object.hasOwn(values as Values, field.key));

/** One row with what each rule of the action says of the row as it is and as it would be. */
function verdictsStatement(of: Question): Statement {
  const w = sqlWriter();
  const { model, rules, action, values } = of;
  const place = (alias: string): Place => ({ model, alias, rules, eyes: 'rule' });
  const says = (filter: Rule['filter'], alias: string): string =>
    `(${conditionSql(w, rules.parse(filter, model), place(alias))}) is true`;
  const asks = model.rules.map((rule, i) => ({ rule, i })).filter(({ rule }) => rule.action === action);
  const filters = action === 'create' ? [] : asks.map(({ rule, i }) => `${says(rule.filter, 'old')} as f${i + 1}`);
  const sees = of.chosen.map((field) => `(${targetsVisible(w, field, place('new'))}) is true as ${quote(`sees:${field.key}`)}`);
  const checks = values ? [...asks.map(({ rule, i }) => `${says(rule.check ?? rule.filter, 'new')} as c${i + 1}`), ...sees] : [];
  const fresh = values
    ? [`new as materialized (select ${newColumns(w, of).join(', ')}${action === 'create' ? '' : ' from old'})`]
    : [];
  if (action === 'create') return w.finish(`with ${fresh.join()} select ${['true as visible', ...checks].join(', ')} from new`);
  const id = w.input('id', columnTypeOf(idFieldOf(model)).cast);
  const where = whereSql([`${idSql(model, 't')} = ${id}`, visibleSql(w, place('t'))]);
  const old = `old as materialized (select t.* from ${quoteTable(model.table)} t where ${where})`;
  const visible = `(${conditionSql(w, rules.rowRule(model), place('old'))}) is true as visible`;
  return w.finish(
    `with ${[old, ...fresh].join(', ')} select ${[visible, ...filters, ...checks].join(', ')} from old${values ? ' cross join new' : ''}`,
  );
}

function newColumns(w: SqlWriter, { model, action, values }: Question): string[] {
  return model.fields
    .filter((field) => field.column !== undefined)
    .map((field) => {
      const column = quote(field.column!);
      const { cast } = columnTypeOf(field);
      if (values && Object.hasOwn(values, field.key)) return `${w.input(`value:${field.key}`, cast)} as ${column}`;
      return action === 'create' ? `null::${cast} as ${column}` : `old.${column}`;
    });
}

interface Said {
  index: number;
  row: Row | undefined;
  fields: readonly string[];
}

function verdictOn(ctx: Ctx, model: DataModel, rule: Rule, of: Said): RuleVerdict {
  const flag = (name: string): boolean | undefined => of.row?.[`${name}${of.index}`] as boolean | undefined;
  const [filterHolds, checkHolds] = [flag('f'), flag('c')];
  const missing = rule.fields === '*' ? [] : of.fields.filter((field) => field !== 'id' && !rule.fields.includes(field));
  const verdict = {
    ...(rule.id === undefined ? {} : { rule: rule.id }),
    ...(rule.description === undefined ? {} : { description: rule.description }),
    index: of.index,
    roles: [...(rule.roles ?? [])],
    applies: catalogueOf(ctx).rulesOf(ctx).rulesFor(model, rule.action).includes(rule),
    ...(filterHolds === undefined ? {} : { filterHolds }),
    ...(checkHolds === undefined ? {} : { checkHolds }),
    ...(of.fields.length === 0 ? {} : { missingFields: missing }),
  };
  return { ...verdict, sentence: isOffered(model, rule.action) ? sentenceOn(verdict) : 'It has no effect.' };
}
