/** Functions over texts. They count characters (code points). */
import { fixed, nameOf, repeated, type FormulaFunction, type Parameter } from './function-signature.ts';
import type { ValueType } from './value-types.ts';

const text = (usage: string, help: string, parameters: Parameter[], result: ValueType = 'text'): FormulaFunction =>
  fixed({ name: nameOf(usage), category: 'text', usage, help }, parameters, result);

export const textFunctions: FormulaFunction[] = [
  repeated(
    {
      name: 'CONCAT',
      category: 'text',
      usage: 'CONCAT(value, value, …)',
      help: 'The values one after the other, as text; missing ones are left out. The same as &.',
    },
    'shown',
    'text',
  ),
  text('UPPER(text)', 'The text in capitals.', ['text']),
  text('LOWER(text)', 'The text in small letters.', ['text']),
  text('TRIM(text)', 'The text without white space at both ends.', ['text']),
  text('LEFT(text, count)', 'The first characters.', ['text', 'integer']),
  text('RIGHT(text, count)', 'The last characters.', ['text', 'integer']),
  text('MID(text, start, count)', 'Characters from the middle; the first is number 1.', ['text', 'integer', 'integer']),
  text('LENGTH(text)', 'The number of characters.', ['text'], 'integer'),
  text('REPLACE(text, part, with)', 'The text with every occurrence of the part replaced.', ['text', 'text', 'text']),
  text('CONTAINS(text, part)', 'Whether the part occurs in the text, case included.', ['text', 'text'], 'boolean'),
  text('STARTS_WITH(text, part)', 'Whether the text begins with the part.', ['text', 'text'], 'boolean'),
  text('ENDS_WITH(text, part)', 'Whether the text ends with the part.', ['text', 'text'], 'boolean'),
  text('TO_TEXT(value)', 'The value as text: 12.50, true, 2026-01-31.', ['shown']),
];
