/** The id of another record (many-to-one), or the records that point here (one-to-many, which has no value of its own). */
import type { FieldType } from '../field-type.ts';
import { uuid } from '../uuid/index.ts';

export const relation: FieldType = {
  ...uuid,
  name: 'relation',
  label: 'Relation',
  description: 'A record, or several, of this or another data model.',
  category: 'relation',
};
