/** The id of a user. */
import { relation } from '../relation/index.ts';
import type { FieldType } from '../field-type.ts';

export const user: FieldType = { ...relation, name: 'user', label: 'User', description: 'Somebody with an account here.' };
