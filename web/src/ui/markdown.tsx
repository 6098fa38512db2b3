/** Markdown as it streams in. The renderer is large and loads when the first message is shown; until then the plain text stands there. */
import { lazy, Suspense } from 'react';

interface PlainProps {
  text: string;
}

const Plain = ({ text }: PlainProps) => <div className="whitespace-pre-wrap">{text}</div>;

/** What was said must stay readable when the renderer can't be loaded (the server is away): then the text stands there plainly. */
const load = () => import('./markdown-renderer.tsx').catch(() => ({ default: Plain }));
const Renderer = lazy(load);

/** Fetches the renderer before the first message needs it. */
export const preloadMarkdown = (): void => void load();

interface MarkdownProps {
  text: string;
  isStreaming?: boolean;
}

export function Markdown({ text, isStreaming = false }: MarkdownProps) {
  return (
    <Suspense fallback={<Plain text={text} />}>
      <Renderer text={text} isStreaming={isStreaming} />
    </Suspense>
  );
}
