/** The id of a record. Whether there is such a record is the foreign key's matter. */
import { uuidColumn } from '../uuid/index.ts';

export const relation = uuidColumn('relation');
