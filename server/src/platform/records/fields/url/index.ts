import { textColumn } from '../text/index.ts';

export const url = textColumn('url', (text) => `piper.try_url(${text})`);
