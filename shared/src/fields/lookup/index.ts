/** A field of the record, or of the records, that a relation leads to. */
import { computedType, fieldIdOption } from '../computed-type.ts';

export const lookup = computedType('lookup', 'Lookup', 'Shows a field of a related record.', [
  fieldIdOption('relation', 'Relation', true),
  fieldIdOption('field', 'Field of the related record', true),
]);
