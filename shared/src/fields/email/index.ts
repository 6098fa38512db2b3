/** An e-mail address: something before and after one @, no spaces; whether it exists only a mail can tell. */
import { invalid, type FieldType } from './field-type.ts';
import { normaliseText, text, textSchema } from './text.ts';

const address = /^[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)*$/;

export const email: FieldType = {
  ...text,
  name: 'email',
  label: 'E-mail',
  schema: (field) => ({ ...textSchema(field), maxLength: 320, format: 'email' }),
  normalise: (value, field) => {
    const given = normaliseText(value, field).trim();
    if (given.length > 320 || !address.test(given)) invalid('must be an e-mail address');
    return given;
  },
};
