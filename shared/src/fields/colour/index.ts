/** A colour, `#rrggbb` in lower case. */
import { invalid, type FieldType } from '../field-type.ts';
import { storableText, text } from '../text/index.ts';

export const colour: FieldType = {
  ...text,
  name: 'colour',
  label: 'Colour',
  description: 'A colour, chosen from a palette.',
  category: 'other',
  options: [],
  schema: () => ({ type: 'string', pattern: '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$' }),
  normalise: (value) => {
    const given = storableText(value).trim().toLowerCase();
    if (/^#[0-9a-f]{6}$/.test(given)) return given;
    if (!/^#[0-9a-f]{3}$/.test(given)) return invalid('must be a colour such as #3366ff');
    return `#${Array.from(given.slice(1), (digit) => digit + digit).join('')}`;
  },
};
