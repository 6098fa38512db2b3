/** How a row meets the rows a relation leads to, for every kind of relation. Used by filters, paths, counts and expanded records. */
import type { DataModel, Field } from '@piper/shared/data-model';
import type { Compile } from './computed/compile.ts';
import { columnTypeOf } from './fields/index.ts';
import { beyond, idFieldOf, idSql, whereSql, type Place } from './place.ts';
import { literal, quote, quoteTable, type SqlWriter } from './sql-writer.ts';

/** The target's table under an alias of its own: `from … where …` gives the rows the relation leads to from the place. */
export interface Hop {
  there: Place;
  from: string;
  /** Which rows are related, are in scope and may be seen. */
  where: string;
}

interface Crossing {
  field: Field;
  target: DataModel;
  /** Each target once, even where several rows of a junction join the same two records; needed where rows are counted or listed. */
  distinct?: boolean;
}

export function hopSql(w: SqlWriter, crossing: Crossing, place: Place, compile: Compile): Hop {
  const { target } = crossing;
  const there: Place = { ...beyond(place), model: target, alias: w.alias(), eyes: eyesInto(target, place) };
  const { from, on } = link(w, crossing, { place, there, compile });
  return { there, from, where: whereSql([on, compile.visible(w, there)]) };
}

/** The rules of a project see all of the project's records, and of Piper's own no more than whoever acts: else they would spy on them. */
const eyesInto = (target: DataModel, { model, eyes }: Place): Place['eyes'] =>
  model.projectId !== undefined && target.projectId === undefined ? 'actor' : eyes;

/**
 * Whether the actor may see on this row where the relation leads. One with a column is masked where the column is read; one
 * without would otherwise show through.
 */
export function relationShown(w: SqlWriter, field: Field, { place, compile }: { place: Place; compile: Compile }): string {
  if (place.eyes === 'rule' || field.column !== undefined) return 'true';
  return compile.condition(w, place.rules.fieldRule(place.model, field), { ...place, eyes: 'rule' });
}

interface Ends {
  place: Place;
  there: Place;
  compile: Compile;
}

function link(w: SqlWriter, { field, target, distinct }: Crossing, ends: Ends): { from: string; on: string } {
  const { place, there, compile } = ends;
  const relation = field.relation!;
  const table = `${quoteTable(target.table)} ${there.alias}`;
  const id = idSql(target, there.alias);
  switch (relation.kind) {
    case 'many-to-one':
      return { from: table, on: `${id} = ${compile.value(w, field, place)}` };
    case 'id-list':
      return { from: table, on: `${id} = any(${compile.value(w, field, place)})` };
    case 'any':
      return { from: table, on: `${id} = ${idBehind(compile.value(w, field, place), target)}` };
    case 'one-to-many':
      return { from: table, on: `${compile.value(w, fieldIn(target, relation.by), there)} = ${idSql(place.model, place.alias)}` };
    case 'many-to-many':
      return linkThrough(w, relation, { ...ends, distinct: distinct === true });
  }
}

/** Over the junction's rows. Who may see both records may see that they are joined, whatever the junction's own rules. */
function linkThrough(
  w: SqlWriter,
  relation: { through: string; by: string; to: string },
  { place, there, compile, distinct }: Ends & { distinct: boolean },
): { from: string; on: string } {
  const through = modelIn(place, relation.through);
  const link: Place = { ...place, model: through, alias: w.alias(), eyes: 'rule' };
  const by = `${link.alias}.${quote(fieldIn(through, relation.by).column!)} = ${idSql(place.model, place.alias)}`;
  const on = whereSql([by, compile.visible(w, link)]);
  const to = quote(fieldIn(through, relation.to).column!);
  const table = `${quoteTable(there.model.table)} ${there.alias}`;
  const links = `${quoteTable(through.table)} ${link.alias}`;
  const id = idSql(there.model, there.alias);
  if (!distinct) return { from: `${links} join ${table} on ${id} = ${link.alias}.${to}`, on };
  const each = w.alias();
  return {
    from: `(select distinct ${link.alias}.${to} as id from ${links} where ${on}) ${each} join ${table} on ${id} = ${each}.id`,
    on: 'true',
  };
}

/** The record id in a polymorphic value `<model id>/<record id>`, if it is of this model. */
function idBehind(value: string, target: DataModel): string {
  const prefix = `${target.id}/`;
  return `(case when starts_with(${value}, ${literal(prefix)}) then substr(${value}, ${prefix.length + 1})::${columnTypeOf(idFieldOf(target)).cast} end)`;
}

/** A field by id or key. */
export function fieldIn(model: DataModel, reference: string): Field {
  const field = model.fields.find(({ id, key }) => id === reference || key === reference);
  if (!field) throw new Error(`${model.key} has no field ${reference}`);
  return field;
}

function modelIn({ rules }: Place, reference: string): DataModel {
  const model = rules.models.find(reference);
  if (!model) throw new Error(`there is no model ${reference}`);
  return model;
}
