import { listColumn } from '../multi-select/index.ts';

export const files = listColumn('files', { element: 'uuid', parse: (text) => `piper.try_uuids(${text})` });
