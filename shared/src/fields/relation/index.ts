/** The id of another record (many-to-one), or the records that point here (one-to-many, which has no value of its own). */
import type { FieldType } from './field-type.ts';
import { uuid } from './uuid.ts';

export const relation: FieldType = { ...uuid, name: 'relation', label: 'Relation' };
