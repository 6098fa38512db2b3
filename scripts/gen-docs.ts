/** Writes docs/errors.md, docs/limits.md, docs/field-types.md and docs/formulas.md from the source; `--check` fails when they are not current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { errorCatalogue } from '../shared/src/errors.ts';
import type { Field } from '../shared/src/data-model.ts';
import { fieldTypes } from '../shared/src/fields/index.ts';
import { itemFieldsOf } from '../shared/src/fields/options.ts';
import { choicesOf } from '../shared/src/fields/select/index.ts';
import { formulaFunctions } from '../shared/src/formula/index.ts';
import { limits } from '../shared/src/limits.ts';

const at = (path: string) => new URL(`../${path}`, import.meta.url);

function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(([code, { status, message }]) => `| \`${code}\` | ${status} | ${message} |`);
  return [
    '# Errors',
    '',
    'Every refused request answers `{ "error": { "code", "message", "details?", "requestId" } }`. The code is stable; the',
    'message says what happened and what to do next and may be more exact than the one below. Made from `shared/src/errors.ts`.',
    '',
    '| code | status | meaning and what to do |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** The comment above a limit in the source is its explanation. */
function limitsPage(): string {
  const source = readFileSync(at('shared/src/limits.ts'), 'utf8');
  const rows = Object.entries(limits).map(([name, value]) => {
    const comment = new RegExp(`/\\*\\* (.+) \\*/\\s+${name}:`).exec(source)?.[1];
    if (comment === undefined) throw new Error(`limits.ts: ${name} has no comment of one line above it`);
    return `| \`${name}\` | ${value.toLocaleString('en')} | ${comment} |`;
  });
  return [
    '# Limits',
    '',
    'All limits of the HTTP and live surface. Made from `shared/src/limits.ts`.',
    '',
    '| limit | value | what it bounds |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** `choices*: [{value*, label, colour}]`, `function*: count / sum`, `max`. */
function optionWords(option: Field): string {
  const name = option.key + (option.required ? '*' : '');
  const items = itemFieldsOf(option);
  if (items) return `${name}: [{${items.map(optionWords).join(', ')}}]`;
  const choices = choicesOf(option).map(({ value }) => value);
  return choices.length === 0 ? name : `${name}: ${choices.join(' / ')}`;
}

function fieldTypesPage(): string {
  const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(' ') || '–';
  const rows = [...fieldTypes.values()].map(({ name, label, description, options, operators }) => {
    const settings = options.map(optionWords);
    return `| \`${name}\` | ${label} | ${description} | ${code(settings)} | ${code(operators)} |`;
  });
  return [
    '# Field types',
    '',
    'What the fields of data models are made of. Options marked * are required: `"options": {"choices": [{"value": "open"}]}`;',
    '`GET /api/field-types` lists them with types and bounds. A computed field (formula, lookup, rollup) is filtered and sorted as',
    'the type of its result; its options name fields by key or id. Made from `shared/src/fields/`.',
    '',
    '| type | called | what it is for | options | filter operators |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function formulasPage(): string {
  const rows = [...formulaFunctions.values()].map(({ usage, help, category }) => `| \`${usage}\` | ${category} | ${help} |`);
  return [
    '# Formulas',
    '',
    "A formula field computes a value from other fields of its record: `{price} * {quantity}`, `IF({due} < TODAY(), 'late', '')`.",
    'Functions: made from `shared/src/formula/`.',
    '',
    '- Fields stand in braces by their key; `{customer.name}` crosses a relation to one record. Renaming a field rewrites them.',
    "- Values: `12.5`, `'text'` or `\"text\"` (`\\\\`, `\\'`, `\\n` within), `true`, `false`, `null`.",
    '- Operators, weakest first: `or`; `and`; `not`; `= != < <= > >=`; `&` (joins texts); `+ -`; `* / %`; the sign `-`; `^`.',
    '- Numbers are exact decimals. Whole numbers stay whole under `+ - * %`; quotients, roots and powers have at least 16 digits.',
    '- What is computed from a missing value is missing, and so is what has no value: a division by zero, the root of a negative',
    '  number, a number of more than 100 digits, a date outside the years 1 to 9999. No formula makes a request fail. `&` and `CONCAT`',
    '  leave missing values out, `MIN` and `MAX` too; a missing condition does not hold. `{due} = null` asks whether a value is missing.',
    '- Texts compare by code point, case included; dates and moments count in UTC. A text is cut after 100,000 characters.',
    '- What its reader may not see counts as missing.',
    '',
    '| function | about | what it gives |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const pages = {
  'docs/errors.md': errorsPage(),
  'docs/limits.md': limitsPage(),
  'docs/field-types.md': fieldTypesPage(),
  'docs/formulas.md': formulasPage(),
};
for (const [path, text] of Object.entries(pages)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(at(path), text);
  } else if (readFileSync(at(path), 'utf8') !== text) {
    process.stderr.write(`${path} is not current. Run: npm run gen\n`);
    process.exitCode = 1;
  }
}
