/** Definitions for tests: what a test does not speak of has the plainest value. */
import type { DataModel, Field } from '@piper/shared/data-model';

export const field = (key: string, type: string, extra: Partial<Field> = {}): Field => ({
  id: `f-${key}`,
  key,
  column: key,
  type,
  label: key,
  ...extra,
});

export const dataModel = (key: string, fields: Field[]): DataModel => ({
  id: `m-${key}`,
  key,
  eventName: key,
  table: `p.${key}`,
  label: key,
  labelPlural: key,
  description: '',
  icon: 'x',
  titleField: 'id',
  search: [],
  defaultSort: ['id'],
  topics: [],
  verbs: [],
  rules: [],
  fields,
});
