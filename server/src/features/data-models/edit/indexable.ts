/** Which fields an index can hold. */
import type { Field } from '@piper/shared/data-model';
import { fieldTypeOf } from '@piper/shared/fields/index';
import { columnTypeOf } from '#platform/records/fields/index';

/** In an index of its own. */
export const isIndexable = (field: Field): boolean =>
  field.column !== undefined && (fieldTypeOf(field).sortable || columnTypeOf(field).indexMethod !== undefined);

/** In an index that knows an order, and so one that keeps values from occurring twice. */
export const isUniquable = (field: Field): boolean =>
  field.column !== undefined && fieldTypeOf(field).sortable && columnTypeOf(field).indexMethod === undefined;
