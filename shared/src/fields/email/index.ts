/** An e-mail address: something before and after one @, no spaces; whether it exists only a mail can tell. */
import { invalid, type FieldType } from '../field-type.ts';
import { normaliseText, text, textSchema } from '../text/index.ts';

/** Neither control characters nor what only looks like nothing: a mail header is made of it. */
const address = /^[^\s@\p{C}]{1,64}@[^\s@.\p{C}]+(?:\.[^\s@.\p{C}]+)*$/u;

export const email: FieldType = {
  ...text,
  name: 'email',
  label: 'E-mail',
  description: 'An e-mail address, which opens the mail program.',
  options: [],
  schema: (field) => ({ ...textSchema(field), maxLength: 320, format: 'email' }),
  normalise: (value, field) => {
    const given = normaliseText(value, field).trim();
    if (given.length > 320 || !address.test(given)) invalid('must be an e-mail address such as ada@example.com');
    return given;
  },
};
