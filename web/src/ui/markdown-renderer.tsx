/** The lazy half of Markdown: streamdown with elements of our own. HTML is shown as text and pictures of other hosts as links. */
import { Check, Copy } from 'lucide-react';
import { Children, isValidElement, useState, type ComponentPropsWithoutRef, type ReactNode } from 'react';
import { defaultRemarkPlugins, Streamdown, type StreamdownProps } from 'streamdown';
import { copyText } from './clipboard.ts';
import './markdown.css';
import { ScrollRegion } from './scroll-region.tsx';

interface MarkdownNode {
  type: string;
  value?: string;
  children?: MarkdownNode[];
}

/** Turns raw HTML nodes into text: what somebody wrote is what others read, never markup. */
function showHtmlAsText() {
  const visit = (node: MarkdownNode): void => {
    if (node.type === 'html') node.type = 'text';
    for (const child of node.children ?? []) visit(child);
  };
  return visit;
}

const remarkPlugins = [...Object.values(defaultRemarkPlugins), showHtmlAsText] as NonNullable<StreamdownProps['remarkPlugins']>;
const safeProtocol = /^(https?:|mailto:|tel:|\/|#)/i;

function Anchor({ href = '', children }: { href?: string; children?: ReactNode }) {
  if (!safeProtocol.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

/** A picture of another host would tell that host who reads what; it is offered as a link instead. */
function Picture({ src, alt }: { src?: string; alt?: string }) {
  if (src?.startsWith('/api/files/')) return <img src={src} alt={alt ?? ''} loading="lazy" />;
  return <Anchor href={src ?? ''}>{alt || src}</Anchor>;
}

function CodeBlock({ children }: { children?: ReactNode }) {
  const [isCopied, setCopied] = useState(false);
  const code = Children.toArray(children).find(isValidElement<{ className?: string; children?: ReactNode }>);
  const text = textOf(code?.props.children).replace(/\n$/, '');
  const language = /language-([\w+#.-]+)/.exec(code?.props.className ?? '')?.[1];
  const copy = async (): Promise<void> => {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <figure className="code-block">
      <figcaption>
        <span>{language ?? 'text'}</span>
        <button type="button" onClick={() => void copy()} aria-label={isCopied ? 'Copied' : 'Copy code'}>
          {isCopied ? <Check size={13} aria-hidden /> : <Copy size={13} aria-hidden />}
          {isCopied ? 'Copied' : 'Copy'}
        </button>
      </figcaption>
      <ScrollRegion label={`Code, ${language ?? 'text'}`}>
        <pre>
          <code>{text}</code>
        </pre>
      </ScrollRegion>
    </figure>
  );
}

function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node);
  if (Array.isArray(node)) return node.map(textOf).join('');
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : '';
}

function Table({ children }: { children?: ReactNode }) {
  return (
    <ScrollRegion label="Table" className="table-scroll">
      <table>{children}</table>
    </ScrollRegion>
  );
}

const plain = (Tag: 'p' | 'ul' | 'ol' | 'li' | 'blockquote' | 'hr' | 'strong' | 'thead' | 'tbody' | 'tr') =>
  function Element({ children, ...rest }: ComponentPropsWithoutRef<'div'> & { node?: unknown }) {
    const { start } = rest as { start?: number };
    if (Tag === 'hr') return <hr />;
    if (Tag === 'ol') return <ol start={start}>{children}</ol>;
    return <Tag>{children}</Tag>;
  };

/** A cell keeps the side its column is aligned to, and nothing else of what was given. */
const cell = (Tag: 'th' | 'td') =>
  function Cell({ children, style, align }: ComponentPropsWithoutRef<'td'>) {
    const side = [style?.textAlign, align].find((each) => each === 'right' || each === 'center');
    return <Tag style={side && { textAlign: side }}>{children}</Tag>;
  };

/** Headings of a message stand below those of the page. */
const heading = (Tag: 'h3' | 'h4' | 'h5' | 'h6') =>
  function Heading({ children }: { children?: ReactNode }) {
    return <Tag>{children}</Tag>;
  };

const InlineCode = ({ children, className }: { children?: ReactNode; className?: string }) => (
  <code className={className}>{children}</code>
);

const components = {
  a: Anchor,
  img: Picture,
  pre: CodeBlock,
  code: InlineCode,
  inlineCode: InlineCode,
  table: Table,
  h1: heading('h3'),
  h2: heading('h4'),
  h3: heading('h5'),
  h4: heading('h6'),
  h5: heading('h6'),
  h6: heading('h6'),
  p: plain('p'),
  ul: plain('ul'),
  ol: plain('ol'),
  li: plain('li'),
  blockquote: plain('blockquote'),
  hr: plain('hr'),
  strong: plain('strong'),
  thead: plain('thead'),
  tbody: plain('tbody'),
  tr: plain('tr'),
  th: cell('th'),
  td: cell('td'),
} as NonNullable<StreamdownProps['components']>;

interface RendererProps {
  text: string;
  isStreaming: boolean;
}

// oxlint-disable-next-line import/no-default-export -- React.lazy reads the default export
export default function MarkdownRenderer({ text, isStreaming }: RendererProps) {
  return (
    <Streamdown
      className="markdown"
      mode={isStreaming ? 'streaming' : 'static'}
      parseIncompleteMarkdown={isStreaming}
      remarkPlugins={remarkPlugins}
      rehypePlugins={[]}
      components={components}
      linkSafety={{ enabled: false }}
      controls={false}
    >
      {text}
    </Streamdown>
  );
}
