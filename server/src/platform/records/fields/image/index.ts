import { uuidColumn } from '../uuid/index.ts';

export const image = uuidColumn('image');
