import { uuidColumn } from '../uuid/index.ts';

export const user = uuidColumn('user');
