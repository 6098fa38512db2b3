/** Users' data models: what changes a project's definitions, and the routes for it. */
import type { DataModel, Field, Index, OnDelete, Rule } from './data-model.ts';

/** The definitions of one project, as an edit sees them; `models` holds those in the bin too, marked by `deletedAt`. */
export interface Definitions {
  /** Null: the instance owner's fields on Piper's own models. */
  projectId: string | null;
  /** Grows by one with each applied change set. */
  version: number;
  models: ModelDefinition[];
}

export interface ModelDefinition extends DataModel {
  /** ISO 8601; in the bin since then. */
  deletedAt?: string;
}

/** A field as somebody asks for it: ids, keys and columns are given by Piper where they are missing. */
export interface NewField {
  id?: string;
  /** On the wire; made from the label when missing. */
  key?: string;
  type: string;
  label?: string;
  help?: string;
  options?: Record<string, unknown>;
  required?: boolean;
  unique?: boolean;
  index?: boolean;
  readOnly?: boolean;
  hidden?: boolean;
  default?: unknown;
  relation?: NewRelation;
}

/** `target` names a model by id or key. `reverse` adds the field on the other side, with this label. */
export type NewRelation =
  | { kind: 'many-to-one'; target: string; onDelete?: OnDelete; reverse?: Reverse }
  | { kind: 'one-to-many'; target: string; reverse?: Reverse; onDelete?: OnDelete }
  | { kind: 'many-to-many'; target: string; reverse?: Reverse; onDelete?: OnDelete }
  | { kind: 'any'; targets: string[] };

export interface Reverse {
  key?: string;
  label?: string;
}

export interface NewModel {
  id?: string;
  key?: string;
  label: string;
  labelPlural?: string;
  description?: string;
  icon?: string;
  titleField?: string;
  search?: string[];
  defaultSort?: string[];
  fields?: NewField[];
  indexes?: NewIndex[];
  /** Without them: owners, admins and members may do everything, viewers read. */
  rules?: Rule[];
  verbs?: DataModel['verbs'];
  isJunction?: boolean;
}

export type ModelChanges = Partial<
  Pick<NewModel, 'key' | 'label' | 'labelPlural' | 'description' | 'icon' | 'titleField' | 'search' | 'defaultSort'>
>;
/**
 * A changed `type` converts the values, and starts from the options given with it; `fill` is written where `required` would find
 * nothing. Null takes a default, a help text or options away. Of a relation only what becomes of records that point to a deleted
 * one, and the targets of a polymorphic one, can be changed; `relation` otherwise says where a field that becomes one leads.
 */
export interface FieldChanges {
  key?: string;
  type?: string;
  label?: string;
  help?: string | null;
  options?: Record<string, unknown> | null;
  required?: boolean;
  unique?: boolean;
  index?: boolean;
  readOnly?: boolean;
  hidden?: boolean;
  default?: unknown;
  relation?: { kind?: string; target?: string; targets?: string[]; onDelete?: OnDelete };
  fill?: unknown;
}

export interface NewIndex {
  id?: string;
  /** Fields by id or key, in order. */
  fields: string[];
  unique?: boolean;
}

/** One typed step of a change set. Models and fields are named by id (or key, which is read as of that step). */
export type ModelAction =
  | { do: 'create-model'; model: NewModel }
  | { do: 'update-model'; model: string; changes: ModelChanges }
  | { do: 'delete-model'; model: string }
  | { do: 'restore-model'; model: string }
  | { do: 'create-field'; model: string; field: NewField }
  | { do: 'update-field'; model: string; field: string; changes: FieldChanges }
  | { do: 'delete-field'; model: string; field: string }
  | { do: 'restore-field'; model: string; field: string }
  | { do: 'order-fields'; model: string; fields: string[] }
  | { do: 'create-index'; model: string; index: NewIndex }
  | { do: 'delete-index'; model: string; index: string }
  | { do: 'set-rules'; model: string; rules: Rule[] };

/** `loses-data` asks for a look before applying; what is lost first goes to the bin where that is possible. */
export type Risk = 'safe' | 'rewrites-table' | 'loses-data';

export type { DataModel, Field, Index, Rule };
