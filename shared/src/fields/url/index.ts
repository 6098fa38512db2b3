/** An address: of the web, a mail or a phone. Nothing that a browser would run. */
import { limits } from '../../limits.ts';
import { invalid, type FieldType } from '../field-type.ts';
import { normaliseText, text } from '../text/index.ts';

/** Signs that no address holds as they are: blanks, control and invisible characters, quotes, angle brackets, backslashes. */
const forbidden = /[\s\p{C}<>"'`\\{}|^]/u;
const web = /^https?:\/\/(?:[^/?#@]*@)?(?:\[[0-9a-f:.]+\]|[^/?#@:[\]]+)(?::\d{1,5})?(?:[/?#].*)?$/iu;
const other = /^(?:mailto:[^@?]+@[^@?]+(?:\?.*)?|tel:\+?[\d().-]{2,40})$/iu;

/** Whether it may stand behind a link. */
export const isSafeUrl = (value: string): boolean => !forbidden.test(value) && (web.test(value) || other.test(value));

export const url: FieldType = {
  ...text,
  name: 'url',
  label: 'URL',
  description: 'An address on the web, which opens with a click.',
  options: [],
  schema: () => ({ type: 'string', maxLength: limits.url }),
  normalise: (value, field) => {
    const given = normaliseText(value, field, limits.url).trim();
    return isSafeUrl(given) ? given : invalid('must be an address that begins with https://, http://, mailto: or tel:');
  },
};
