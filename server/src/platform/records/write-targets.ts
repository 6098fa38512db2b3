/** What a writer links to must be a record they may read; so nobody links to, or finds out about, what they can't see. */
import type { DataModel, Field } from '@piper/shared/data-model';
import type { Filter } from '@piper/shared/filter/filter';
import { conditionSql, idSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import { literal, quote, quoteTable, type SqlWriter } from './sql-writer.ts';

/** Whether all that the field of the row `new` names is visible to the actor, and fits `only`; true where it names nothing. */
export function targetsVisible(w: SqlWriter, field: Field, place: Place, only?: Filter): string {
  const relation = field.relation!;
  const column = `new.${quote(field.column!)}`;
  if (relation.kind === 'any') return `(${column} is null or ${anyVisible(w, relation.targets, column, place)})`;
  const target = place.rules.models.find(relation.target)!;
  if (relation.kind === 'id-list') {
    const item = w.alias();
    return `not exists (select 1 from unnest(${column}) as ${item}(id) where not ${isVisible(w, target, `${item}.id`, { ...place, only })})`;
  }
  return `(${column} is null or ${isVisible(w, target, column, { ...place, only, locks: locksTarget(field, target) })})`;
}

/**
 * A record that may not lose its target, or goes with it, holds on to the target until it is written: whoever deletes the
 * target at this moment comes before it, and is seen, or after it, and sees it.
 */
const locksTarget = ({ relation }: Field, target: DataModel): boolean =>
  relation?.kind === 'many-to-one' &&
  (relation.onDelete === 'restrict' || relation.onDelete === 'cascade') &&
  target.projectId !== undefined;

interface Link extends Place {
  locks?: boolean;
  /** Which of the target's records the field takes. */
  only?: Filter | undefined;
}

function isVisible(w: SqlWriter, target: DataModel, id: string, place: Link): string {
  const there: Place = { ...place, model: target, alias: w.alias(), eyes: 'actor' };
  const kind = place.only ? [conditionSql(w, place.rules.parse(place.only, target), { ...there, eyes: 'rule' })] : [];
  const where = whereSql([`${idSql(target, there.alias)} = ${id}`, visibleSql(w, there), ...kind]);
  const lock = place.locks ? ` for key share of ${there.alias}` : '';
  return `exists (select 1 from ${quoteTable(target.table)} ${there.alias} where ${where}${lock})`;
}

function anyVisible(w: SqlWriter, targets: readonly string[], column: string, place: Place): string {
  const cases = targets.flatMap((id) => {
    const target = place.rules.models.find(id);
    if (!target) return [];
    return [`when ${literal(target.id)} then ${isVisible(w, target, `split_part(${column}, '/', 2)::uuid`, place)}`];
  });
  return cases.length === 0 ? 'false' : `(case split_part(${column}, '/', 1) ${cases.join(' ')} else false end)`;
}
