/** Short words for declaring Piper's own models: columns, labels and the common fields follow from the keys. */
import type { DataModel, Field, Relation } from '../data-model.ts';

type FieldInput = Partial<Omit<Field, 'key' | 'type'>>;
type Declared = (key: string) => Field;

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function labelOf(key: string): string {
  const words = snakeCase(key).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const declare =
  (type: string, input: FieldInput = {}): Declared =>
  (key) => ({ id: key, key, type, column: snakeCase(key), label: labelOf(key), ...input });

export const text = (input?: FieldInput): Declared => declare('text', input);
export const longText = (input?: FieldInput): Declared => declare('long-text', input);
export const email = (input?: FieldInput): Declared => declare('email', input);
export const integer = (input?: FieldInput): Declared => declare('integer', input);
export const decimal = (input?: FieldInput): Declared => declare('decimal', input);
export const boolean = (input?: FieldInput): Declared => declare('boolean', input);
export const dateTime = (input?: FieldInput): Declared => declare('date-time', input);
export const json = (input?: FieldInput): Declared => declare('json', input);
export const uuid = (input?: FieldInput): Declared => declare('uuid', input);

export const select = (choices: readonly string[], input: FieldInput = {}): Declared =>
  declare('select', { ...input, options: { choices: choices.map((value) => ({ value, label: labelOf(value.toLowerCase()) })) } });

/** Any texts, each once; what they may be is the feature's to check. */
export const keys = (input?: FieldInput): Declared => declare('multi-select', input);

/** The id of a record of `target`; a path crosses to it by `as` (`project.name`). */
export const belongsTo = (target: string, as: string, input: FieldInput = {}): Declared =>
  declare('relation', { ...input, relation: { kind: 'many-to-one', target, as } });

/** The records of `target` whose field `by` points here. */
export const hasMany =
  (target: string, by: string, input: FieldInput = {}): Declared =>
  (key) => {
    const relation: Relation = { kind: 'one-to-many', target, by };
    return { id: key, key, type: 'relation', label: labelOf(key), readOnly: true, onDemand: true, ...input, relation };
  };

const idField: Record<string, Declared> = {
  id: uuid({ label: 'ID', required: true, readOnly: true, unique: true, hidden: true }),
};

const stamps: Record<string, Declared> = {
  createdAt: dateTime({ required: true, readOnly: true }),
  updatedAt: dateTime({ required: true, readOnly: true }),
  createdBy: belongsTo('users', 'creator', { readOnly: true, hidden: true }),
  version: integer({ required: true, readOnly: true, hidden: true }),
};

interface ModelInput extends Omit<DataModel, 'id' | 'fields' | 'search' | 'defaultSort' | 'description'> {
  description?: string;
  search?: string[];
  defaultSort?: string[];
  fields: Record<string, Declared>;
  /** Without id, createdAt, updatedAt, createdBy and version. */
  bare?: boolean;
}

/** Declares one of Piper's own models; the id and the stamps every table has are added. */
export function systemModel(input: ModelInput): DataModel {
  const { bare, fields, ...rest } = input;
  const declared = bare === true ? fields : { ...idField, ...fields, ...stamps };
  return {
    description: '',
    search: [],
    defaultSort: ['-createdAt'],
    ...rest,
    id: input.key,
    fields: Object.entries(declared).map(([key, make]) => make(key)),
  };
}
