/** TypeScript types of JSON Schemas, of texts and of comments: what the typed client's generated part is written with. */
import type { JsonSchema } from '@piper/shared/fields/index';

/** The type of the values that the schema takes; `unknown` for what it leaves open. */
export function typeOf(schema: JsonSchema): string {
  const { type, properties, items } = schema;
  const choices = schema['enum'];
  const anyOf = schema['anyOf'];
  if (Array.isArray(anyOf)) return union((anyOf as JsonSchema[]).map(typeOf));
  if (Array.isArray(choices)) return choices.length === 0 ? 'never' : union(choices.map((choice) => JSON.stringify(choice)));
  if (type === 'array') return arrayType(schema, items as JsonSchema | undefined);
  if (type === 'object' && properties !== undefined) return objectType(schema, properties as Record<string, JsonSchema>);
  return plain[String(type)] ?? 'unknown';
}

const plain: Record<string, string> = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' };

function arrayType({ minItems, maxItems }: JsonSchema, items: JsonSchema = {}): string {
  const item = typeOf(items);
  if (typeof minItems === 'number' && minItems === maxItems && minItems > 0 && minItems <= 4)
    return `[${Array.from({ length: minItems }, () => item).join(', ')}]`;
  return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
}

function objectType(schema: JsonSchema, properties: Record<string, JsonSchema>): string {
  const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as string[]) : []);
  const members = Object.entries(properties).map(
    ([key, value]) => `${property(key)}${required.has(key) ? '' : '?'}: ${typeOf(value)}`,
  );
  return members.length === 0 ? 'object' : `{ ${members.join('; ')} }`;
}

/** Each alternative once. */
export const union = (types: readonly string[]): string =>
  types.includes('unknown') ? 'unknown' : [...new Set(types)].join(' | ') || 'never';

export const literals = (texts: readonly string[]): string => union(texts.map((text) => JSON.stringify(text)));

export const property = (key: string): string => (/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(key) ? key : JSON.stringify(key));

/** A comment that nothing in the text ends, and that tells the compiler nothing. */
export function comment(text: string, indent = ''): string {
  const lines = text
    .replaceAll('*/', '*\\/')
    .replaceAll('@ts-', '@ ts-')
    .split(/[\r\n\u2028\u2029]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  if (lines.length === 0) return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

/** `{ a: string; b?: number }` over lines. */
export function members(lines: readonly string[], indent: string): string {
  return lines.length === 0 ? '{}' : `{\n${lines.map((line) => `${indent}  ${line}\n`).join('')}${indent}}`;
}
