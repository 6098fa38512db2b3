import { textColumn } from '../text/index.ts';

export const colour = textColumn('colour', (text) => `piper.try_colour(${text})`);
