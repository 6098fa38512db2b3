/** Text of several lines, or Markdown. Not sortable: cursors would carry whole texts. */
import type { FieldType } from './field-type.ts';
import { text } from './text.ts';

export const longText: FieldType = { ...text, name: 'long-text', label: 'Long text', sortable: false };
