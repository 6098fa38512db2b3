/** The records a relation leads to, as the place's eyes see them: what lookups and rollups compute over. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { hasValue } from '@piper/shared/data-model';
import type { Related } from '@piper/shared/formula/related';
import { columnTypeOf } from '../fields/index.ts';
import { idFieldOf, idSql, whereSql, type Place } from '../place.ts';
import { quote, quoteTable } from '../sql-writer.ts';
import type { Compile, Writing } from './compile.ts';

/** The target's table under an alias of its own, and which of its rows are related and may be seen. */
export interface RelatedRows {
  there: Place;
  /** Behind FROM. */
  table: string;
  /** Behind WHERE. */
  where: string;
}

export function relatedRows({ relation, target }: Related, { w, place, compile }: Writing): RelatedRows {
  const there: Place = { ...place, model: target, alias: w.alias() };
  const where = whereSql([
    linkSql(relation, there, { w, place, compile }),
    relationShown(relation, { w, place, compile }),
    compile.visible(w, there),
  ]);
  return { there, table: `${quoteTable(target.table)} ${there.alias}`, where };
}

/** A relation with a column is masked where that is read; one without is hidden here. */
function relationShown(relation: Field, { w, place, compile }: Writing): string {
  if (place.eyes === 'rule' || relation.column !== undefined) return 'true';
  return compile.condition(w, place.rules.fieldRule(place.model, relation), { ...place, eyes: 'rule' });
}

function linkSql(field: Field, there: Place, { w, place, compile }: Writing): string {
  const relation = field.relation!;
  const id = idSql(there.model, there.alias);
  switch (relation.kind) {
    case 'many-to-one':
      return `${id} = ${compile.value(w, field, place)}`;
    case 'id-list':
      return `${id} = any(${compile.value(w, field, place)})`;
    case 'one-to-many':
      return `${columnIn(there.model, relation.by, there.alias)} = ${idSql(place.model, place.alias)}`;
    case 'many-to-many': {
      const through = place.rules.models.find(relation.through)!;
      const link: Place = { ...place, model: through, alias: w.alias(), eyes: 'rule' };
      const joins = `${columnIn(through, relation.by, link.alias)} = ${idSql(place.model, place.alias)}`;
      const where = whereSql([joins, compile.visible(w, link)]);
      return `${id} in (select ${columnIn(through, relation.to, link.alias)} from ${quoteTable(through.table)} ${link.alias} where ${where})`;
    }
    case 'any':
      throw new Error(`${field.key} leads to several models`);
  }
}

function columnIn(model: DataModel, reference: string, alias: string): string {
  const field = model.fields.find(({ id, key }) => id === reference || key === reference);
  if (!field?.column) throw new Error(`${model.key} has no column ${reference}`);
  return `${alias}.${quote(field.column)}`;
}

/** The target's own order, as far as it stands in its own fields. */
export function orderSql({ w, place, compile }: { w: Writing['w']; place: Place; compile: Compile }): string {
  const keys = place.model.defaultSort.flatMap((entry) => {
    const field = place.model.fields.find(({ key }) => key === entry.replace(/^[-+]/, ''));
    if (!field || !hasValue(field)) return [];
    return [`${columnTypeOf(field).order(compile.value(w, field, place))}${entry.startsWith('-') ? ' desc' : ''}`];
  });
  return [...keys, `${place.alias}.${quote(idFieldOf(place.model).column!)}`].join(', ');
}
