import { uuidColumn } from '../uuid/index.ts';

export const file = uuidColumn('file');
