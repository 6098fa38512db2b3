/** Documents. Searched by, and turned into other types from, their text. */
import type { ColumnType } from '../column-type.ts';
import { json } from '../json/index.ts';

export const richText: ColumnType = {
  ...json,
  name: 'rich-text',
  toText: (column) => `piper.rich_text_plain(${column})`,
  // Always as plain paragraphs: a text that looks like a document was checked by nobody.
  fromText: (text) => `piper.rich_text_of(${text})`,
};
