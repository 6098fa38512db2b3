/** Regular expressions are written as in JavaScript, by which their syntax is checked, and run by PostgreSQL. */

const foreign = /\\u\{([\da-f]+)\}|\\u(d[89ab][\da-f]{2}\\ud[c-f][\da-f]{2})|\\x([\da-f]{2})|\\.|[[\]]/gisu;

/** The pattern with what PostgreSQL writes in another way, or would take for something else, as it writes it. */
export function postgresPattern(source: string): string {
  let inClass = false;
  return source.replace(foreign, (sign: string, code?: string, pair?: string, byte?: string) => {
    if (sign === '[' || sign === ']') {
      inClass = sign === '[';
      return sign;
    }
    if (code !== undefined) return wide(parseInt(code, 16));
    if (pair !== undefined) {
      const units = pair.split(/\\u/i).map((unit) => parseInt(unit, 16));
      return wide(String.fromCharCode(...units).codePointAt(0)!);
    }
    if (byte !== undefined) return `\\u00${byte}`;
    // Borders of words; among the characters of a class \b is a backspace for both.
    if (sign === '\\b') return inClass ? sign : '\\y';
    return sign === '\\B' ? '\\Y' : sign;
  });
}

const wide = (code: number): string => `\\U${code.toString(16).padStart(8, '0')}`;
