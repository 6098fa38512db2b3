/** Which indexes a list lacks: by the plan PostgreSQL would take, for tables that are large enough to matter. */
import { sql } from 'kysely';
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import type { Condition } from '@piper/shared/filter/ast';
import type { Advice } from '@piper/shared/project-rules';
import type { Ctx } from '#platform/ctx';
import { isUuid } from '#platform/ids';
import { lookAtList, type ListLook } from '#platform/records/list';
import { catalogueOf } from '#platform/records/catalogue';
import type { RawQuery } from '#platform/records/query';
import { isIndexable } from '../edit/indexable.ts';
import { isSystemField } from '../system-fields.ts';
import { projectRecords } from '../project-catalogue.ts';
import { projectOfModel } from '../definitions.repo.ts';
import { contextOfSomeone, type PlacedCtx, type Where } from './someone.ts';

/** Rows up to which reading a whole table is quick enough. */
const fewRows = 10_000;
/** Of a table's rows: an index scan that looks at all of them to find fewer than this share wants another index. */
const smallShare = 0.01;
/** Columns of one proposed index. */
const maxColumns = 3;

/** Advice on a list as somebody would ask it. `model` is an id, or a key in `project`. */
export async function adviseOnQuery(
  ctx: Ctx,
  model: string,
  { project, filter, sort }: { project?: string; filter?: Record<string, unknown>; sort?: string[] },
): Promise<Advice[]> {
  const place = project ?? (isUuid(model) ? await projectOfModel(ctx.db, model) : undefined) ?? fail('not_found');
  const there = await projectRecords(ctx, place);
  const entry = there.project.catalogue.entry(model);
  if (entry?.model.projectId !== there.project.id) fail('not_found', 'There is no such data model in the project.');
  return adviseOn(there, entry.model.key, { filter, sort }, there.project.managesRules === true);
}

/**
 * What would make this list quick for whoever `ctx` acts as; empty when nothing is slow. Whoever may not know the rules hears
 * only of fields they named themselves, and not how many records there are.
 */
export async function adviseOn(
  ctx: PlacedCtx,
  modelKey: string,
  { filter, sort }: { filter?: Record<string, unknown> | undefined; sort?: string[] | undefined },
  knowsRules = true,
): Promise<Advice[]> {
  const query: RawQuery = { fields: 'id', ...(filter ? { filter } : {}), ...(sort ? { sort } : {}) };
  const look = lookAtList(ctx, modelKey, query);
  const model = catalogueOf(ctx).find(modelKey)!;
  const sizes = await sizesOf(ctx, model.table.split('.')[0]!);
  if (![...sizes.values()].some((rows) => rows > fewRows)) return [];
  const asked = [...wantedOf(model, knowsRules ? look : { ...look, condition: look.asked }).values()];
  return slowTables(await planOf(ctx, look), sizes).flatMap((table) => {
    const wanted = asked.find(({ model: of }) => of.table.split('.')[1] === table);
    return wanted ? (adviceOn(wanted, knowsRules ? sizes.get(table)! : undefined) ?? []) : [];
  });
}

/** Advice on what the rules of a model add to every list: for each role they name, a list without anything else. */
export async function adviseOnRules(ctx: Ctx, where: Where, modelId: string): Promise<Advice[]> {
  const model = where.catalogue.find(modelId);
  if (!model) return [];
  const reading = model.rules.filter((rule) => rule.action === 'read' && Object.keys(rule.filter).length > 0);
  const roles = [...new Set(reading.flatMap((rule) => rule.roles ?? ['viewer']))].filter((role) => role === role.toLowerCase());
  const found = new Map<string, Advice>();
  for (const role of roles) {
    const there = await contextOfSomeone(ctx, where, { roles: [role] });
    for (const advice of await adviseOn(there, model.key, {})) found.set(`${advice.model} ${advice.fields.join()}`, advice);
  }
  return [...found.values()];
}

/** Estimated rows of the project's tables, by name. Partitioned ones count with their parts. */
async function sizesOf(ctx: Ctx, schema: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ name: string; rows: number }>`
    select c.relname as name, greatest(c.reltuples, 0)::float8 as rows from pg_class c
    where c.relnamespace = to_regnamespace(${`"${schema}"`}) and c.relkind = 'r'`.execute(ctx.db);
  return new Map(rows.map((row) => [row.name, row.rows]));
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Plan Rows': number;
  'Index Cond'?: string;
  Filter?: string;
  Plans?: Node[];
}

async function planOf(ctx: Ctx, { text, values }: ListLook): Promise<Node> {
  const { rows } = await ctx.deps.pool.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`explain (format json) ${text}`, values);
  return rows[0]!['QUERY PLAN'][0].Plan;
}

/** Names of large tables the plan reads from end to end, or sorts. */
function slowTables(plan: Node, sizes: ReadonlyMap<string, number>): string[] {
  const isLarge = (node: Node): boolean => (sizes.get(node['Relation Name'] ?? '') ?? 0) > fewRows;
  const found = new Set<string>();
  const visit = (node: Node, isSorted: boolean): void => {
    const sorts = isSorted || node['Node Type'] === 'Sort' || node['Node Type'] === 'Incremental Sort';
    if (isLarge(node) && (isScan(node, sizes) || (sorts && node['Plan Rows'] > fewRows))) found.add(node['Relation Name']!);
    for (const inner of node.Plans ?? []) visit(inner, sorts);
  };
  visit(plan, false);
  return [...found];
}

function isScan(node: Node, sizes: ReadonlyMap<string, number>): boolean {
  if (node['Node Type'] === 'Seq Scan') return true;
  const isWholeIndex = node['Node Type'].startsWith('Index') && node['Index Cond'] === undefined && node.Filter !== undefined;
  return isWholeIndex && node['Plan Rows'] < (sizes.get(node['Relation Name']!) ?? 0) * smallShare;
}

interface Wanted {
  model: DataModel;
  equal: Set<Field>;
  other: Set<Field>;
  sort: Field[];
}

const equalities: ReadonlySet<string> = new Set(['_eq', '_in']);
const ranges: ReadonlySet<string> = new Set(['_lt', '_lte', '_gt', '_gte', '_between', '_starts_with']);

/** The own columns by which each model is narrowed or sorted. */
function wantedOf(model: DataModel, { condition, keys }: ListLook): Map<string, Wanted> {
  const all = new Map<string, Wanted>();
  const of = (each: DataModel): Wanted => {
    const found = all.get(each.id) ?? { model: each, equal: new Set(), other: new Set(), sort: [] };
    all.set(each.id, found);
    return found;
  };
  collect(condition, model, of);
  of(model).sort = keys.map((key) => key.field).filter((field) => field.key !== 'id' && model.fields.includes(field));
  return all;
}

function collect(condition: Condition, model: DataModel, of: (model: DataModel) => Wanted): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const part of condition.of) collect(part, model, of);
      return;
    case 'compare':
      if (!isIndexed(condition.field)) return;
      if (equalities.has(condition.operator)) of(model).equal.add(condition.field);
      else if (ranges.has(condition.operator)) of(model).other.add(condition.field);
      return;
    default:
      collect(condition.of, condition.target, of);
  }
}

/** Whether an index over the field would be used by comparisons. */
const isIndexed = (field: Field): boolean =>
  field.column !== undefined && isIndexable(field) && field.key !== 'deletedAt' && field.key !== 'id';

/** The index for it; undefined when there is one already that PostgreSQL does not want, or none would help. */
function adviceOn({ model, equal, other, sort }: Wanted, rows: number | undefined): Advice | undefined {
  const last = sort.find((field) => isIndexed(field) && !equal.has(field)) ?? [...other][0];
  const fields = [...equal, ...(last ? [last] : [])].slice(0, maxColumns);
  if (fields.length === 0 || isCovered(model, fields)) return undefined;
  const [first] = fields;
  const keys = fields.map((field) => field.key);
  const names = fields.map((field) => `"${field.label}"`).join(', then ');
  const action =
    fields.length === 1 && !isSystemField(first!)
      ? { do: 'update-field', model: model.id, field: first!.id, changes: { index: true } }
      : { do: 'create-index', model: model.id, index: { fields: fields.map((field) => field.id) } };
  return {
    model: model.key,
    fields: keys,
    sentence: `This reads all of the ${rows === undefined ? '' : `about ${Math.round(rows).toLocaleString('en')} `}${model.labelPlural}. An index over ${names} would spare it.`,
    action,
  };
}

/** There is an index that begins with these columns. */
function isCovered(model: DataModel, fields: readonly Field[]): boolean {
  const [first] = fields;
  if (fields.length === 1 && (first!.index === true || first!.unique === true || first!.relation?.kind === 'many-to-one'))
    return true;
  return (model.indexes ?? []).some((index) => fields.every((field, i) => index.fields[i] === field.id));
}
