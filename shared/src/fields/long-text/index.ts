/** Text of several lines, or Markdown. Not sortable: cursors would carry whole texts. */
import { limits } from '../../limits.ts';
import type { FieldType } from '../field-type.ts';
import { lengthOptions, normaliseText, text } from '../text/index.ts';

export const longText: FieldType = {
  ...text,
  name: 'long-text',
  label: 'Long text',
  description: 'Several lines of text, or Markdown.',
  options: lengthOptions(limits.longTextLength),
  sortable: false,
  normalise: (value, field) => normaliseText(value, field, limits.longTextLength),
};
