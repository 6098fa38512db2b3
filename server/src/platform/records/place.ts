/** Where in a statement an expression stands: which table, and with whose eyes it is read. */
import type { DataModel, Field } from '@piper/shared/data-model';
import type { ActorRules } from './actor-rules.ts';
import { quote } from './sql-writer.ts';

/** A table in a statement, and with whose eyes it is read. */
export interface Place {
  model: DataModel;
  alias: string;
  rules: ActorRules;
  /** `rule`: written by whoever defines the model, sees everything. `actor`: asked by an actor. */
  eyes: 'rule' | 'actor';
  /** The computed fields within which the expression stands, outermost first. */
  within?: readonly string[];
}

/** All of the conditions, as the inside of a WHERE. */
export const whereSql = (parts: readonly string[]): string => parts.filter((part) => part !== 'true').join(' and ') || 'true';

export function idFieldOf(model: DataModel): Field {
  const field = model.fields.find((candidate) => candidate.key === 'id');
  if (!field) throw new Error(`${model.key} has no field id`);
  return field;
}

export const idSql = (model: DataModel, alias: string): string => `${alias}.${quote(idFieldOf(model).column!)}`;

/** The place as related records are read from it: their rules may be others than those of the records that were asked for. */
export const beyond = (place: Place): Place => ({ ...place, rules: place.rules.beyond ?? place.rules });
