import { allowed, listColumn } from '../multi-select/index.ts';

export const files = listColumn('files', 'uuid', (text, field) => allowed(`piper.try_uuids(${text})`, field));
