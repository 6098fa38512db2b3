/** What an actor asks for: their filter and search, only over what they may read. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { isAlways, type Comparison, type Condition } from '@piper/shared/filter/ast';
import { bindOperand } from '@piper/shared/filter/operand';
import { parseShape } from '@piper/shared/filter/parse';
import type { FilterShape } from '@piper/shared/filter/shape';
import type { Ctx } from '../ctx.ts';
import { mayRead, type ActorRules } from './actor-rules.ts';
import { columnSql, conditionSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import { folding } from './fields/column-type.ts';
import { columnTypeOf } from './fields/index.ts';
import type { RecordQuery } from './query.ts';
import type { SqlWriter } from './sql-writer.ts';
import { catalogueOf } from './catalogue.ts';

/** Values for a condition's slots, checked and in their normal form. */
export function bindSlots(slots: readonly Comparison[], values: readonly unknown[]): unknown[] {
  const bound: unknown[] = [];
  for (const slot of slots)
    if (slot.operand.kind === 'slot') bound[slot.operand.index] = bindOperand(slot, values[slot.operand.index]);
  return bound;
}

/** Parses what an actor asks: only over fields the actor may read. */
export function parseAsked(ctx: Ctx, model: DataModel, shape: FilterShape): Condition {
  return parseAskedBy(catalogueOf(ctx).rulesOf(ctx), model, shape);
}

/** The same, by the rules of a class of actors. */
export const parseAskedBy = (rules: ActorRules, model: DataModel, shape: FilterShape): Condition =>
  parseShape(shape.shape, model, { models: rules.models, mayRead: (of, field) => mayRead(rules, of, field) });

export const searchPattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;

/** What may be seen, is asked for and is searched for. */
export function askedSql(w: SqlWriter, place: Place, condition: Condition, query: Pick<RecordQuery, 'search'>): string {
  const parts = [visibleSql(w, place), isAlways(condition) ? 'true' : conditionSql(w, condition, place)];
  return whereSql(query.search === undefined ? parts : [...parts, searchSql(w, place)]);
}

/** That one of the fields the model searches holds the text. */
export function searchSql(w: SqlWriter, place: Place): string {
  const fields = place.model.fields.filter(
    (field) => place.model.search.includes(field.key) && mayRead(place.rules, place.model, field),
  );
  if (fields.length === 0) return 'false';
  return `(${fields.map((field) => `${searchable(w, field, place)} ilike ${w.input('search', 'text')}`).join(' or ')})`;
}

/** Any field can be searched, by its text. */
const searchable = (w: SqlWriter, field: Field, place: Place): string =>
  folding(columnTypeOf(field).toText(columnSql(w, field, place)));
