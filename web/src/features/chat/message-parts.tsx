/** The parts of an answer in their order: text, what the model thought, the tools it used, and at the end its sources. */
import { Link } from '@tanstack/react-router';
import { BookOpen, Brain, Wrench } from 'lucide-react';
import type { MessagePart } from '@piper/shared/stream/parts';
import { Markdown } from '../../ui/markdown.tsx';

interface MessagePartsProps {
  parts: readonly MessagePart[];
  isWriting: boolean;
}

type SourcePart = Extract<MessagePart, { type: 'source' }>;

export function MessageParts({ parts, isWriting }: MessagePartsProps) {
  const sources = parts.filter((part): part is SourcePart => part.type === 'source');
  return (
    <>
      {parts.map((part, index) => (
        <Part key={`${part.type}-${part.id}-${index}`} part={part} isWriting={isWriting && index === parts.length - 1} />
      ))}
      {sources.length > 0 ? <Sources sources={sources} /> : null}
    </>
  );
}

function Part({ part, isWriting }: { part: MessagePart; isWriting: boolean }) {
  switch (part.type) {
    case 'text':
      return <Markdown text={part.text} isStreaming={isWriting} />;
    case 'reasoning':
      return (
        <details className="rounded-lg border border-border px-3 py-1.5 text-[0.8125rem]">
          <summary className="flex items-center gap-2 text-muted">
            <Brain size={14} aria-hidden /> {isWriting ? 'Thinking…' : 'Thoughts'}
          </summary>
          <div className="pt-2 whitespace-pre-wrap text-muted">{part.text}</div>
        </details>
      );
    case 'tool':
      return <ToolCall part={part} isWriting={isWriting} />;
    case 'source':
      return null;
  }
}

function ToolCall({ part, isWriting }: { part: Extract<MessagePart, { type: 'tool' }>; isWriting: boolean }) {
  const isOpen = part.output === undefined && part.error === undefined;
  const state = part.error !== undefined ? 'failed' : isOpen ? (isWriting ? 'running' : 'no result') : 'done';
  return (
    <details className="rounded-lg border border-border px-3 py-1.5 text-[0.8125rem]">
      <summary className="flex items-center gap-2">
        <Wrench size={14} className="text-muted" aria-hidden /> <code>{part.name}</code>{' '}
        <span className="text-muted">{state}</span>
      </summary>
      <pre className="mt-2 overflow-x-auto rounded-md bg-surface-secondary p-2 text-xs">{pretty(part.input)}</pre>
      {part.error === undefined ? null : <p className="mt-2 text-danger-soft-foreground">{part.error}</p>}
      {part.output === undefined ? null : (
        <pre className="mt-2 max-h-72 overflow-auto rounded-md bg-surface-secondary p-2 text-xs">{pretty(part.output)}</pre>
      )}
    </details>
  );
}

const pretty = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? ''));

function Sources({ sources }: { sources: readonly SourcePart[] }) {
  return (
    <details className="rounded-lg border border-border px-3 py-1.5 text-[0.8125rem]" open={sources.length <= 4}>
      <summary className="flex items-center gap-2 text-muted">
        <BookOpen size={14} aria-hidden /> {sources.length === 1 ? '1 source' : `${sources.length} sources`}
      </summary>
      <ol className="mt-1.5 flex flex-col gap-1.5">
        {sources.map((source, index) => (
          <li key={`${source.id}-${index}`} className="flex gap-2">
            <span className="text-muted">{index + 1}</span>
            <span className="min-w-0">
              <SourceLink source={source} />
              {source.snippet ? <span className="block text-muted">{source.snippet}</span> : null}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function SourceLink({ source }: { source: SourcePart }) {
  const target = source.fileId
    ? { model: 'files', id: source.fileId }
    : source.promptId
      ? { model: 'prompts', id: source.promptId }
      : source.messageId
        ? { model: 'messages', id: source.messageId }
        : undefined;
  if (target) {
    return (
      <Link to="/m/$model/$id" params={target} className="text-link">
        {source.title}
      </Link>
    );
  }
  if (source.url && /^https?:\/\//.test(source.url)) {
    return (
      <a href={source.url} target="_blank" rel="noopener noreferrer" className="text-link">
        {source.title}
      </a>
    );
  }
  return <span className="font-medium">{source.title}</span>;
}
