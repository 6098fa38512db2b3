/** Documents of formatted text, as far as every screen needs to know them. */
import { plainText, type RichNode } from '@piper/shared/fields/rich-text/index';

export { plainText, type RichNode };

/** Whether it holds nothing but paragraphs of text, so that typing it as text loses nothing. */
export const isPlain = ({ content = [] }: RichNode): boolean =>
  content.every(
    (node) => node.type === 'paragraph' && (node.content ?? []).every((part) => part.text !== undefined && !part.marks?.length),
  );
