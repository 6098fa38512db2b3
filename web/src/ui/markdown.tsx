/** Markdown as it streams in. The renderer is large and loads when the first message is shown; until then the plain text stands there. */
import { lazy, Suspense } from 'react';

const Renderer = lazy(() => import('./markdown-renderer.tsx'));

interface MarkdownProps {
  text: string;
  isStreaming?: boolean;
}

export function Markdown({ text, isStreaming = false }: MarkdownProps) {
  return (
    <Suspense fallback={<div className="whitespace-pre-wrap">{text}</div>}>
      <Renderer text={text} isStreaming={isStreaming} />
    </Suspense>
  );
}
