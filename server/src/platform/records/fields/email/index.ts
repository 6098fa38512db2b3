import { textColumn } from '../text/index.ts';

export const email = textColumn('email', (text) => `piper.try_email(${text})`);
