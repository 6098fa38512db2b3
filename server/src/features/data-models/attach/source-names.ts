/** Readable names from those of a foreign database: `InvoiceLine` → "Invoice line", `SUPPORT_REP_ID` → "Support rep ID". */
import { keyFromLabel } from '../names.ts';

const acronyms = new Set([
  'id',
  'url',
  'uri',
  'ip',
  'sku',
  'vat',
  'iban',
  'bic',
  'uuid',
  'isbn',
  'html',
  'json',
  'xml',
  'sql',
  'api',
]);

/** The words of a name, however it joins them. */
export function wordsOf(name: string): string[] {
  const spaced = name.replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2').replaceAll(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2');
  return spaced.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

/** What people read. A name with blanks was meant to be read as it is. */
export function labelOf(name: string): string {
  if (/\s/.test(name.trim())) return name.trim();
  const words = wordsOf(name);
  if (words.length === 0) return name;
  return capital(words.map((word) => (acronyms.has(word.toLowerCase()) ? word.toUpperCase() : word.toLowerCase())).join(' '));
}

/** The key of a table or a column. */
export const keyOf = (name: string, taken: ReadonlySet<string>, fallback: string): string =>
  keyFromLabel(wordsOf(name).join(' '), taken, fallback);

/** `artist_id` → `artist`: what a reference leads to. A name that says nothing more stays as it is. */
export function referenceName(column: string): string {
  const words = wordsOf(column);
  const last = words.at(-1)?.toLowerCase() ?? '';
  return words.length > 1 && ['id', 'fk', 'key', 'ref'].includes(last) ? words.slice(0, -1).join('_') : column;
}

/** `billing_country`, `billing_no` → `billing`: what the names of several columns begin with. */
export function commonName(columns: readonly string[]): string | undefined {
  const [first = [], ...others] = columns.map(wordsOf);
  const words = first.filter((_word, i) =>
    others.every(
      (other) =>
        other
          .slice(0, i + 1)
          .join()
          .toLowerCase() ===
        first
          .slice(0, i + 1)
          .join()
          .toLowerCase(),
    ),
  );
  return words.length > 0 ? words.join('_') : undefined;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const isPlural = (word: string): boolean => /s$/i.test(word) && !/(ss|us|is)$/i.test(word);

const onLastWord = (text: string, change: (word: string) => string): string => text.replace(/\p{L}+(?=\P{L}*$)/u, change);

/** English, in its simple forms; other words stay as they are or get an s. */
export const pluralOf = (label: string): string =>
  onLastWord(label, (word) => {
    if (isPlural(word) || !/^[a-z]+$/i.test(word)) return word;
    if (/[^aeiou]y$/i.test(word)) return `${word.slice(0, -1)}ies`;
    return /(s|x|z|ch|sh)$/i.test(word) ? `${word}es` : `${word}s`;
  });

export const singularOf = (label: string): string =>
  onLastWord(label, (word) => {
    if (!isPlural(word) || !/^[a-z]+$/i.test(word)) return word;
    if (/ies$/i.test(word) && word.length > 4) return `${word.slice(0, -3)}y`;
    return /(sses|xes|zes|ches|shes)$/i.test(word) ? word.slice(0, -2) : word.slice(0, -1);
  });
