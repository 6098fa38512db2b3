/** The records a relation leads to, as the place's eyes see them: what lookups and rollups compute over. */
import { hasValue } from '@piper/shared/data-model';
import type { Related } from '@piper/shared/formula/related';
import { columnTypeOf } from '../fields/index.ts';
import { idSql, whereSql } from '../place.ts';
import { hopSql, relationShown, type Hop } from '../relation-sql.ts';
import type { Writing } from './compile.ts';

/** The related rows, each once. */
export function relatedRows({ relation, target }: Related, { w, place, compile }: Writing): Hop {
  const hop = hopSql(w, { field: relation, target, distinct: true }, place, compile);
  return { ...hop, where: whereSql([hop.where, relationShown(w, relation, { place, compile })]) };
}

/** The order of the place's model, as far as it stands in its own fields. */
export function ownOrder({ w, place, compile }: Writing): string {
  const keys = place.model.defaultSort.flatMap((entry) => {
    const field = place.model.fields.find(({ key }) => key === entry.replace(/^[-+]/, ''));
    if (!field || !hasValue(field)) return [];
    return [`${columnTypeOf(field).order(compile.value(w, field, place))}${entry.startsWith('-') ? ' desc' : ''}`];
  });
  return [...keys, idSql(place.model, place.alias)].join(', ');
}
