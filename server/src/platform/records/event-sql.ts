/** The event of a record's change, as part of the statement that changes it. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { isShared } from './actor-rules.ts';
import { idSql, type Place } from './condition-sql.ts';
import { columnTypeOf, differsSql } from './fields/index.ts';
import { pathSql } from './sort.ts';
import { literal, quote, type SqlWriter } from './sql-writer.ts';

type Change = 'created' | 'updated' | 'deleted' | 'restored';

/** Aliases under which the row stands in the statement, as it was and as it is. */
export interface Sides {
  before?: string;
  after?: string;
  /** Fields that may differ; others are not compared. */
  changed: readonly Field[];
  /** What the change did to lists of related records, as an expression. */
  links?: string;
}

/** `insert into piper.events …` with one row per topic; undefined when the model's changes are heard nowhere. */
export function eventSql(w: SqlWriter, change: Change, place: Omit<Place, 'alias' | 'eyes'>, sides: Sides): string | undefined {
  const { model } = place;
  if (model.topics.length === 0) return undefined;
  const aliases = [sides.before, sides.after].filter((alias) => alias !== undefined);
  const current = sides.after ?? sides.before!;
  const topics = aliases.flatMap((alias) =>
    model.topics.map((topic) => `(${topicSql(w, topic, { ...place, alias, eyes: 'rule' })})`),
  );
  const project =
    model.projectPath === undefined || isShared(model)
      ? 'null::uuid'
      : valueSql(w, model.projectPath, { ...place, alias: current, eyes: 'rule' });
  const { before, after } = sides;
  const from =
    before !== undefined && after !== undefined
      ? `${after} join ${before} on ${idSql(model, before)} = ${idSql(model, after)}`
      : current;
  return `insert into piper.events (topic, type, actor, subject, project_id, data)
    select heard.topic, ${literal(`${model.eventName}.${change}`)}, ${w.input('actor', 'text')}, ${idSql(model, current)}::text, ${project}, ${dataSql(model, sides)}
    from ${from} cross join lateral (select distinct topic from (values ${topics.join(', ')}) as all_topics(topic) where topic is not null) heard`;
}

/** `project:{projectId}` as an expression that is null where a part of it is. */
function topicSql(w: SqlWriter, topic: string, place: Place): string {
  const parts = topic.split(/\{([^}]+)\}/);
  return parts.map((part, i) => (i % 2 === 1 ? `${valueSql(w, part, place)}::text` : literal(part))).join(' || ');
}

const valueSql = (w: SqlWriter, path: string, place: Place): string => pathSql(w, path.split('.'), place).sql;

function dataSql(model: DataModel, { before, after, changed, links }: Sides): string {
  const fields = model.fields.filter((field) => field.column !== undefined && !field.secret);
  const whole = model.projectId === undefined ? wholeSql : heldSql;
  if (before === undefined)
    return `jsonb_build_object('before', null, 'after', ${whole(createdOf(model, fields, changed), after!)})`;
  if (after === undefined) return `jsonb_build_object('before', ${whole(fields, before)}, 'after', null)`;
  const differing = changed.filter((field) => field.column !== undefined && !field.secret);
  const side = (alias: string): string =>
    differing.map((field) => oneChange(field, before, after, alias)).join(' || ') || `'{}'::jsonb`;
  // The whole record makes each event of users' models a revision that can be shown and filtered by itself.
  const record = model.projectId === undefined ? '' : `, 'record', ${heldSql(fields, after)}`;
  const linked = links === undefined ? '' : `, 'links', ${links}`;
  return `jsonb_build_object('before', ${side(before)}, 'after', ${side(after)}${record}${linked})`;
}

/** Of a new record of users' models only what was set can be there, where that is known: most of hundreds of fields are not. */
const createdOf = (model: DataModel, fields: readonly Field[], set: readonly Field[]): readonly Field[] =>
  model.projectId === undefined || set.length === 0 ? fields : fields.filter((field) => set.includes(field));

/** The whole record without what is missing, so that sparse records stay small. Nulls within JSON values stay. */
function heldSql(fields: readonly Field[], alias: string): string {
  const isJson = (field: Field): boolean => columnTypeOf(field).cast === 'jsonb';
  const plain = `jsonb_strip_nulls(${wholeSql(
    fields.filter((field) => !isJson(field)),
    alias,
  )})`;
  const json = fields
    .filter(isJson)
    .map(
      (field) =>
        `case when ${alias}.${quote(field.column!)} is null then '{}'::jsonb else jsonb_build_object(${literal(field.key)}, ${jsonSql(field, alias)}) end`,
    );
  return `(${[plain, ...json].join(' || ')})`;
}

/** PostgreSQL takes at most 100 arguments to a function, so wide records are put together. */
function wholeSql(fields: readonly Field[], alias: string): string {
  const groups: string[] = [];
  for (let i = 0; i < fields.length; i += 40) {
    const pairs = fields.slice(i, i + 40).map((field) => `${literal(field.key)}, ${jsonSql(field, alias)}`);
    groups.push(`jsonb_build_object(${pairs.join(', ')})`);
  }
  return `(${groups.join(' || ')})`;
}

function oneChange(field: Field, before: string, after: string, alias: string): string {
  const column = quote(field.column!);
  return `case when ${differsSql(field, `${before}.${column}`, `${after}.${column}`)} then jsonb_build_object(${literal(field.key)}, ${jsonSql(field, alias)}) else '{}'::jsonb end`;
}

const jsonSql = (field: Field, alias: string): string => columnTypeOf(field).toJson(`${alias}.${quote(field.column!)}`);
