/** How an attached database becomes data models: what is created, and how its rows are read. Plain data, kept while they are copied. */
import type { NewField, NewModel } from '@piper/shared/data-models';
import type { Unmapped } from './inspected.ts';

export interface Mapped {
  /** Those others refer to come first, as far as there is such an order. */
  models: MappedModel[];
  links: MappedLink[];
  /** What is not taken, or not as it was. */
  unmapped: Unmapped[];
}

/** A table or view, read under the alias `t`. All SQL is for the foreign server. */
export interface Source {
  /** `schema.table`, for people. */
  name: string;
  /** What stands after FROM: rows with the alias `t`. */
  from: string;
  /** Of the key by which pages are read; without one all rows are read in one go. */
  key?: { column: string; type: string }[];
  /** The id of a row's record. */
  recordId: string;
  rowEstimate?: number;
}

export interface MappedModel extends Source {
  /** Without relations, which are made when all models are there. */
  model: NewModel & { id: string; key: string };
  fields: MappedField[];
  relations: MappedRelation[];
  /** Columns (or the fields that took their place), by field id. */
  indexes: { fields: string[]; unique?: boolean }[];
}

export interface MappedField {
  id: string;
  /** The value, in Piper's form. */
  read: string;
  /** Takes its numbers from a sequence. */
  isCounted?: boolean;
}

export interface MappedRelation {
  field: NewField & { id: string; key: string };
  /** The id of the record it leads to. */
  read: string;
  /** Leads to a record that may not be there yet: written when all rows are. */
  isLate: boolean;
  /** To be required, once it is written. */
  requireLate: boolean;
}

/** A table that does nothing but join two others. */
export interface MappedLink extends Source {
  /** The model that gets the many-to-many field. */
  model: string;
  field: NewField & { id: string; key: string };
  /** Ids of the records on the field's side and on the other. */
  here: string;
  there: string;
}
