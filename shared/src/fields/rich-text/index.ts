/** Formatted text as a ProseMirror document. A plain text is taken too, and becomes its paragraphs. */
import { nullOperators } from '../../filter/operators.ts';
import { limits } from '../../limits.ts';
import { invalid, type FieldType } from '../field-type.ts';
import { json } from '../json/index.ts';
import { storableText } from '../text/index.ts';
import { isSafeUrl } from '../url/index.ts';

export interface RichNode {
  type: string;
  attrs?: Record<string, unknown>;
  content?: RichNode[];
  marks?: RichNode[];
  text?: string;
}

const name = /^[a-zA-Z][a-zA-Z0-9_]{0,49}$/;
const parts = new Set(['type', 'attrs', 'content', 'marks', 'text']);
/** Attributes that a browser follows or loads; a path on this server is allowed. */
const addresses = new Set(['href', 'src', 'action', 'poster', 'srcset', 'data']);

/** A text as a document, one paragraph a line. */
export const paragraphsOf = (text: string): RichNode => ({
  type: 'doc',
  content: text
    .split(/\r?\n/)
    .map((line) => ({ type: 'paragraph', ...(line === '' ? {} : { content: [{ type: 'text', text: line }] }) })),
});

/** The text of a document without its formatting, one line a paragraph. */
export function plainText({ type, text, content }: RichNode): string {
  if (text !== undefined) return text;
  if (type === 'hardBreak' || type === 'hard_break') return '\n';
  const inline = content?.some((node) => node.text !== undefined);
  return (content ?? []).map(plainText).join(inline ? '' : '\n');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkNode(value: unknown): void {
  if (!isObject(value)) return invalid('holds a node that is no object');
  const unknown = Object.keys(value).find((key) => !parts.has(key));
  if (unknown !== undefined) invalid(`holds a node with an unknown part "${unknown.slice(0, 50)}"`);
  const { type, text, attrs, content, marks } = value;
  if (typeof type !== 'string' || !name.test(type)) invalid('holds a node without a type');
  if (text !== undefined && (typeof text !== 'string' || text === '')) invalid('holds a text node without text');
  checkAttributes(attrs ?? {});
  checkNodes(content ?? []);
  checkNodes(marks ?? []);
}

function checkNodes(list: unknown): void {
  if (!Array.isArray(list)) return invalid('holds a node whose content or marks are no list');
  list.forEach(checkNode);
}

function checkAttributes(attrs: unknown): void {
  if (!isObject(attrs)) return invalid('holds a node whose attrs are no object');
  for (const [key, value] of Object.entries(attrs)) {
    if (/^on/i.test(key)) invalid(`holds the attribute "${key.slice(0, 50)}", which is not allowed`);
    if (addresses.has(key.toLowerCase()) && value !== null && !isAddress(value)) {
      invalid('holds a link that is no address of the web, a mail or a phone');
    }
  }
}

const isAddress = (value: unknown): boolean =>
  typeof value === 'string' && (/^(?:\/(?![/\\])|#)[^\s\\]*$/.test(value) || isSafeUrl(value));

export const richText: FieldType = {
  name: 'rich-text',
  label: 'Rich text',
  description: 'Text with headings, lists, links and emphasis.',
  category: 'text',
  options: [],
  operators: nullOperators,
  sortable: false,
  schema: () => ({
    anyOf: [
      { type: 'object', required: ['type'], properties: { type: { type: 'string', enum: ['doc'] }, content: { type: 'array' } } },
      { type: 'string', maxLength: limits.longTextLength },
    ],
  }),
  normalise: (value, field) => {
    const given = typeof value === 'string' ? paragraphsOf(storableText(value)) : value;
    json.normalise(given, field);
    checkNode(given);
    return (given as RichNode).type === 'doc' ? given : invalid('must be a document: {"type": "doc", "content": […]}, or a text');
  },
  operand: () => invalid('can not be compared'),
};
