/** Shows a document of formatted text; nodes it does not know show what is in them. */
import { Fragment, type ReactNode } from 'react';
import type { RichNode } from './rich-node.ts';

type Wrap = (inner: ReactNode, node: RichNode) => ReactNode;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const isLink = (value: string): boolean => /^(?:https?:\/\/|mailto:|tel:|\/(?!\/)|#)/i.test(value);

function heading(inner: ReactNode, { attrs }: RichNode): ReactNode {
  const sizes: Record<number, string> = { 1: 'text-xl', 2: 'text-lg', 3: 'text-base' };
  return <p className={`font-semibold ${sizes[Number(attrs?.['level'])] ?? 'text-sm'}`}>{inner}</p>;
}

function link(inner: ReactNode, { attrs }: RichNode): ReactNode {
  const href = text(attrs?.['href']) ?? '';
  if (!isLink(href)) return inner;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener" className="text-link">
      {inner}
    </a>
  );
}

/** Only files of this server are loaded: a picture from elsewhere would tell who reads. */
function picture({ attrs }: RichNode): ReactNode {
  const [src, alt] = [text(attrs?.['src']) ?? '', text(attrs?.['alt']) ?? ''];
  return src.startsWith('/api/files/') ? <img src={src} alt={alt} loading="lazy" className="max-w-full rounded" /> : alt;
}

/** By type, in both spellings that editors use. */
const nodes: Record<string, Wrap> = {
  paragraph: (inner) => <p>{inner}</p>,
  heading,
  bulletlist: (inner) => <ul className="list-disc pl-5">{inner}</ul>,
  orderedlist: (inner) => <ol className="list-decimal pl-5">{inner}</ol>,
  listitem: (inner) => <li>{inner}</li>,
  blockquote: (inner) => <blockquote className="border-l-2 border-border pl-3 text-muted">{inner}</blockquote>,
  codeblock: (inner) => <pre className="overflow-x-auto rounded bg-surface-secondary p-2 text-xs">{inner}</pre>,
  horizontalrule: () => <hr />,
  hardbreak: () => <br />,
  image: (_inner, node) => picture(node),
};

const marks: Record<string, Wrap> = {
  bold: (inner) => <strong>{inner}</strong>,
  strong: (inner) => <strong>{inner}</strong>,
  italic: (inner) => <em>{inner}</em>,
  em: (inner) => <em>{inner}</em>,
  underline: (inner) => <u>{inner}</u>,
  strike: (inner) => <s>{inner}</s>,
  code: (inner) => <code className="text-xs">{inner}</code>,
  link,
};

function show(node: RichNode): ReactNode {
  const inner: ReactNode = node.text ?? (node.content ?? []).map((child, i) => <Fragment key={i}>{show(child)}</Fragment>);
  const wrap = nodes[node.type.replaceAll('_', '').toLowerCase()];
  const shown = wrap ? wrap(inner, node) : inner;
  return (node.marks ?? []).reduce((within, mark) => marks[mark.type.toLowerCase()]?.(within, mark) ?? within, shown);
}

export function RichDocument({ node }: { node: RichNode }) {
  return <div className="flex flex-col gap-2 break-words">{show(node)}</div>;
}
