import type { Field } from '@piper/shared/data-model';
import { fieldTypes } from '@piper/shared/fields/index';

const kinds: Record<string, string> = {
  'one-to-many': 'List of related records',
  'many-to-many': 'Relation to several',
};

/** What a field's type is called; of a relation its kind. */
export const typeLabel = ({ type, relation }: Pick<Field, 'type' | 'relation'>): string =>
  kinds[relation?.kind ?? ''] ?? fieldTypes.get(type)?.label ?? type;
