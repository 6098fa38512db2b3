/** A phone number: digits, with a + before those that name their country. */
import { invalid, isOption, option, type FieldType } from '../field-type.ts';
import { storableText, text } from '../text/index.ts';

/** What people put between digits. */
const separators = /[\s().\-/\u00a0\u2010-\u2015]/gu;

export const phone: FieldType = {
  ...text,
  name: 'phone',
  label: 'Phone',
  description: 'A phone number, which can be called with a click.',
  options: [option('international', 'boolean', 'Only with the code of the country', { help: 'Such as +49 30 123456.' })],
  schema: () => ({ type: 'string', maxLength: 40 }),
  normalise: (value, field) => {
    const given = storableText(value).trim();
    const plain = given.length > 40 ? '' : given.replace(separators, '').replace(/^00/, '+');
    if (!/^\+?\d{3,15}$/.test(plain)) invalid('must be a phone number such as +49 30 123456');
    if (isOption(field, 'international') && !plain.startsWith('+'))
      invalid('must begin with the code of the country, such as +49');
    return plain;
  },
};
