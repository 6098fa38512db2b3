/**
 * The data-model language: what Piper's own resources (system-models/) and users' models are described in.
 * A definition is plain data: it can be stored, compared, sent to the browser and shown by a generic list, form and detail.
 */
import type { Filter } from './filter/filter.ts';

export interface DataModel {
  /** Stable; never changes when the model is renamed. For a system model its key. */
  id: string;
  /** The word in URLs: `/api/<key>`. */
  key: string;
  /** The word in event types: `project` in `project.created`. */
  eventName: string;
  /** Physical table with its schema: `piper.projects`. */
  table: string;
  label: string;
  labelPlural: string;
  description: string;
  /** Name of a lucide icon. */
  icon: string;
  /** The field that names a record in lists and references. */
  titleField: string;
  fields: Field[];
  /** Absent = forbidden. Several rules for one action and actor are alternatives. */
  rules: Rule[];
  /** Fields `search` looks into. */
  search: string[];
  /** As in `?sort`: `-createdAt`. */
  defaultSort: string[];
  /** Rows outside are invisible to everyone, also on the way to other models: `{"deletedAt": {"_null": true}}`. Own columns only. */
  scope?: Filter;
  /** Field that is set instead of removing the row; `scope` hides it. Whoever may delete may restore. */
  softDelete?: string;
  /** Path to the id of the project a record belongs to (`projectId`, `thread.projectId`); API keys of one project are held to it. Over a one-to-many relation (a user's memberships) they may read, not write. */
  projectPath?: string;
  /** Topics on which its changes are heard; `{path}` is replaced: `project:{projectId}`. `null` values drop the topic. */
  topics: string[];
  /** Which generic verbs `/api/<key>` serves; the rest is the feature's own. */
  verbs: ('list' | 'read' | 'create' | 'update' | 'delete')[];
  /** The project whose model it is; absent for Piper's own. */
  projectId?: string;
  /** Indexes beyond those of single fields (`field.index`, `field.unique`). */
  indexes?: Index[];
  /** Deleted fields, whose columns are kept until the bin is emptied. */
  bin?: BinnedField[];
  /** Joins two models of a many-to-many relation; not shown in lists of models. */
  isJunction?: boolean;
  /** Keys it had before, newest last; they still serve in addresses unless another model took them. */
  formerKeys?: string[];
}

export interface Index {
  /** Stable. */
  id: string;
  /** Ids of the fields, in order. */
  fields: string[];
  unique?: boolean;
}

export interface BinnedField {
  field: Field;
  /** ISO 8601. */
  deletedAt: string;
  /**
   * `deleted` by somebody; replaced by a column of another type, whose field keeps that id; or gone with what it needs (the id of a
   * field or a model), with which it comes back.
   */
  because: 'deleted' | { replacedBy: string } | { goneWith: string };
}

export interface Field {
  id: string;
  /** On the wire. */
  key: string;
  /** Column; undefined for what has none (one-to-many). */
  column?: string;
  /** Name in the registry of shared/fields. */
  type: string;
  label: string;
  help?: string;
  /** Options of the field type, in the form its folder describes. */
  options?: Record<string, unknown>;
  /** Values of choices that were removed: records may still hold them. */
  formerChoices?: string[];
  required?: boolean;
  unique?: boolean;
  /** An index over this field alone (with the id, so that pages by it are quick). */
  index?: boolean;
  /** Of a computed field (formula, lookup, rollup): the field type of what it yields. Computed fields have no column. */
  result?: string;
  /** Set by the server only. */
  readOnly?: boolean;
  /** Settable at creation, not afterwards. */
  createOnly?: boolean;
  /** Never in a reply, an event or a filter. */
  secret?: boolean;
  /** Not part of `fields=*`; must be asked for (long texts, computed). */
  onDemand?: boolean;
  /** Not shown in generic lists and forms. */
  hidden?: boolean;
  default?: unknown;
  relation?: Relation;
}

/** Whether records show a value under the field's key: it has a column or is computed. Others are lists of related records. */
export const hasValue = (field: Field): boolean => field.column !== undefined || field.result !== undefined;

/** Targets are named by the model's id (for Piper's own models their key); fields by their id or key. */
export type Relation =
  /**
   * `as`: name under which a path crosses to the target (`project.name`) and under which an expanded record stands; the field
   * itself holds the id. In users' models `as` is the field's own key: unexpanded it shows the id, expanded the record.
   */
  | { kind: 'many-to-one'; target: string; as: string; onDelete?: OnDelete }
  /** `by`: the target's many-to-one field that points here. */
  | { kind: 'one-to-many'; target: string; by: string }
  /** Over the rows of the junction model `through`, whose fields `by` and `to` point here and to the target. */
  | { kind: 'many-to-many'; target: string; through: string; by: string; to: string }
  /** The column holds a list of ids of the target (files). */
  | { kind: 'id-list'; target: string }
  /** Polymorphic: the value is `{ model, id }` of one of the targets. */
  | { kind: 'any'; targets: string[]; target?: undefined };

/** What becomes of a record when the one it points to is deleted: it points nowhere, keeps the other from being deleted, or goes too. */
export type OnDelete = 'set-null' | 'restrict' | 'cascade';

export type Action = 'read' | 'create' | 'update' | 'delete';

export interface Rule {
  /** Stable, in users' models: what "why not?" names. */
  id?: string;
  /** Why it is there, for people. */
  description?: string;
  action: Action;
  /** Instance roles (`OWNER`, `ADMIN`, `MEMBER`) and, in users' models, project roles (`owner`, `viewer`, `support` …) it is for; all signed-in actors without. */
  roles?: string[];
  /** Which existing rows. `{}` = all. */
  filter: Filter;
  /** What must hold for the row after a write; without it, `filter`. */
  check?: Filter;
  /** Readable (or writable) fields. */
  fields: '*' | string[];
  /** Values set where the writer gave none. */
  presets?: Record<string, unknown>;
}
