/** One message: what was said, and what can be done with it. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Check, ChevronLeft, ChevronRight, Copy, FileText, Pencil, Play, RefreshCw } from 'lucide-react';
import { memo, useState, type KeyboardEvent } from 'react';
import { textOf } from '@piper/shared/stream/fold';
import type { MessagePart } from '@piper/shared/stream/parts';
import { messageOf } from '../../platform/api-error.ts';
import { Button, buttonClass, IconButton } from '../../ui/button.tsx';
import { copyText } from '../../ui/clipboard.ts';
import { Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { aiModelsQuery, describeAiModel } from './ai-models.ts';
import { formatBytes } from './attachments.ts';
import { useChatActions } from './chat-actions.ts';
import { MessageParts } from './message-parts.tsx';
import type { ChatMessage } from './thread-queries.ts';
import { useTurn, type Turn } from './turns.ts';

interface MessageViewProps {
  message: ChatMessage;
  isLast: boolean;
}

export const MessageView = memo(function MessageView({ message, isLast }: MessageViewProps) {
  return (
    <article
      aria-label={message.role === 'user' ? 'You' : 'Assistant'}
      className="group/message mx-auto w-full max-w-3xl px-4 py-3"
    >
      {message.role === 'user' ? <Question message={message} /> : <Answer message={message} isLast={isLast} />}
    </article>
  );
});

function Question({ message }: { message: ChatMessage }) {
  const [isEditing, setEditing] = useState(false);
  const text = textOf(message.parts);
  if (isEditing) return <EditField message={message} text={text} onDone={() => setEditing(false)} />;
  return (
    <div className="flex flex-col items-end gap-1">
      {message.files.length > 0 ? (
        <ul className="flex flex-wrap justify-end gap-1.5" aria-label="Attached files">
          {message.files.map((file) => (
            <li key={file.id}>
              <Link
                to="/m/$model/$id"
                params={{ model: 'files', id: file.id }}
                className="flex items-center gap-1.5 rounded-lg border border-border bg-surface px-2 py-1 text-xs hover:bg-default"
              >
                <FileText size={13} aria-hidden /> <span className="max-w-48 truncate">{file.name}</span>{' '}
                <span className="text-muted">{formatBytes(file.size)}</span>
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
      <div className="max-w-[85%] rounded-2xl rounded-br-md bg-surface-tertiary px-3.5 py-2 break-words whitespace-pre-wrap">
        {text}
      </div>
      <MessageBar message={message} text={text} align="end">
        <IconButton size="sm" label="Edit" onClick={() => setEditing(true)}>
          <Pencil size={14} aria-hidden />
        </IconButton>
      </MessageBar>
    </div>
  );
}

function EditField({ message, text, onDone }: { message: ChatMessage; text: string; onDone: () => void }) {
  const { edit } = useChatActions();
  const [value, setValue] = useState(text);
  const [state, setState] = useState<{ isBusy: boolean; error: unknown }>({ isBusy: false, error: undefined });
  const save = (): void => {
    if (value.trim() === '') return;
    setState({ isBusy: true, error: undefined });
    edit(message, value).then(onDone, (error: unknown) => setState({ isBusy: false, error }));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onDone();
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      save();
    }
  };
  return (
    <div className="flex flex-col gap-2 rounded-2xl border border-border bg-surface p-3">
      <textarea
        autoFocus
        aria-label="Edit the message"
        value={value}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={onKeyDown}
        className="max-h-80 resize-none bg-transparent outline-none field-sizing-content"
      />
      {state.error === undefined ? null : <Notice tone="danger">{messageOf(state.error)}</Notice>}
      <div className="flex items-center justify-end gap-2">
        <p className="flex-1 text-xs text-muted">The old message stays as a branch.</p>
        <Button size="sm" onClick={onDone}>
          Cancel
        </Button>
        <Button size="sm" variant="primary" isBusy={state.isBusy} onClick={save}>
          Send
        </Button>
      </div>
    </div>
  );
}

interface Shown {
  parts: MessagePart[];
  isWriting: boolean;
  error: { code: string; message: string } | null;
  /** Why there is no more, when it ended before its end. */
  cut: 'cancelled' | 'interrupted' | 'length' | 'error' | undefined;
}

/** The stream as it is read here, until the stored message has replaced it. */
function shownOf(message: ChatMessage, turn: Turn | undefined): Shown {
  if (turn && turn.runId === message.runId && message.status === 'streaming') {
    const { parts, error, finish } = turn.state;
    const cut = finish && finish.reason !== 'stop' ? finish.reason : undefined;
    return { parts, isWriting: finish === null, error, cut };
  }
  return { parts: message.parts, isWriting: message.status === 'streaming', error: message.error, cut: cutOf(message) };
}

function cutOf(message: ChatMessage): Shown['cut'] {
  if (message.status === 'cancelled' || message.status === 'interrupted') return message.status;
  if (message.status === 'failed') return 'error';
  return message.finishReason === 'length' ? 'length' : undefined;
}

function Answer({ message, isLast }: MessageViewProps) {
  const turn = useTurn(message.id);
  const { regenerate } = useChatActions();
  const { parts, isWriting, error, cut } = shownOf(message, turn);
  return (
    <div className="flex flex-col gap-2" aria-busy={isWriting}>
      {parts.length === 0 && isWriting ? <Thinking /> : <MessageParts parts={parts} isWriting={isWriting} />}
      {isWriting && turn?.isStalled ? (
        <p className="text-[0.8125rem] text-muted">The connection was lost. Reading on as soon as it is back…</p>
      ) : null}
      {error ? <AnswerError error={error} onRetry={() => regenerate(message)} /> : null}
      {isWriting || error ? null : <EndNote message={message} cut={cut} />}
      {isWriting ? null : (
        <MessageBar message={message} text={textOf(parts)} align="start" isPinned={isLast}>
          <FurtherWays message={message} isCut={cut !== undefined} hasFailed={error !== null} />
        </MessageBar>
      )}
    </div>
  );
}

/** What else can be done with an answer, beside what its end proposes already. */
function FurtherWays({ message, isCut, hasFailed }: { message: ChatMessage; isCut: boolean; hasFailed: boolean }) {
  const { goOn, regenerate } = useChatActions();
  if (!isCut)
    return (
      <IconButton size="sm" label="Ask again" onClick={() => regenerate(message)}>
        <RefreshCw size={14} aria-hidden />
      </IconButton>
    );
  if (!hasFailed || !hasText(message)) return null;
  return (
    <IconButton size="sm" label="Continue" onClick={() => goOn(message)}>
      <Play size={14} aria-hidden />
    </IconButton>
  );
}

function Thinking() {
  return (
    <p className="flex items-center gap-2 text-sm text-muted">
      <span className="size-2 animate-pulse rounded-full bg-accent" aria-hidden /> Thinking…
    </p>
  );
}

/** Errors that are solved in the settings lead there. */
const settledInSettings = new Set(['provider_not_configured', 'provider_auth', 'provider_quota', 'ai_model_unknown']);

function AnswerError({ error, onRetry }: { error: { code: string; message: string }; onRetry: () => void }) {
  const action = (
    <span className="flex flex-wrap gap-2">
      {settledInSettings.has(error.code) ? (
        <Link to="/settings/providers" className={buttonClass('secondary', 'sm')}>
          AI providers
        </Link>
      ) : null}
      <Button size="sm" variant="primary" onClick={onRetry}>
        Try again
      </Button>
    </span>
  );
  return (
    <Notice tone="danger" action={action}>
      {error.message}
    </Notice>
  );
}

const cutWords = {
  cancelled: 'Stopped.',
  interrupted: 'The answer was interrupted.',
  length: 'The answer reached its maximum length.',
  error: 'The answer is not complete.',
};

const hasText = ({ parts }: ChatMessage): boolean => parts.some((part) => part.type === 'text' && part.text !== '');

function EndNote({ message, cut }: { message: ChatMessage; cut: Shown['cut'] }) {
  const { goOn, regenerate } = useChatActions();
  if (!cut) return null;
  return (
    <div className="flex flex-wrap items-center gap-2 text-[0.8125rem] text-muted">
      <span>{cutWords[cut]}</span>
      {hasText(message) ? (
        <Button size="sm" onClick={() => goOn(message)}>
          <Play size={13} aria-hidden /> Continue
        </Button>
      ) : null}
      <Button size="sm" onClick={() => regenerate(message)}>
        <RefreshCw size={13} aria-hidden /> Try again
      </Button>
    </div>
  );
}

interface MessageBarProps {
  message: ChatMessage;
  text: string;
  align: 'start' | 'end';
  /** Stays visible without hovering. */
  isPinned?: boolean;
  children: React.ReactNode;
}

function MessageBar({ message, text, align, isPinned = false, children }: MessageBarProps) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(false), 2_000);
  };
  const isAlwaysShown = isPinned || message.siblings.ids.length > 1;
  return (
    <div className={`flex flex-wrap items-center gap-0.5 text-muted ${align === 'end' ? 'justify-end' : '-ml-2'}`}>
      <Siblings message={message} />
      <div
        className={`flex items-center gap-0.5 transition-opacity ${isAlwaysShown ? '' : 'opacity-0 group-focus-within/message:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100'}`}
      >
        {text === '' ? null : (
          <IconButton size="sm" label={isCopied ? 'Copied' : 'Copy'} onClick={() => void copy()}>
            {isCopied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
          </IconButton>
        )}
        {children}
        <span className="px-1.5 text-xs">
          {message.aiModel ? <AiModelName id={message.aiModel} /> : null}
          {tokensOf(message)}
          <Time at={message.createdAt} />
        </span>
      </div>
    </div>
  );
}

function AiModelName({ id }: { id: string }) {
  return `${describeAiModel(useQuery(aiModelsQuery).data, id)} · `;
}

function tokensOf({ usage }: ChatMessage): string {
  const tokens = usage?.['outputTokens'];
  return typeof tokens === 'number' ? `${tokens.toLocaleString('en')} tokens · ` : '';
}

function Siblings({ message }: { message: ChatMessage }) {
  const { switchTo } = useChatActions();
  const { ids, position } = message.siblings;
  if (ids.length < 2) return null;
  const go = (step: number): void => {
    const id = ids[position + step];
    if (id) switchTo(message, id);
  };
  return (
    <div role="group" aria-label="Alternatives" className="flex items-center text-xs">
      <IconButton size="sm" label="Previous alternative" disabled={position === 0} onClick={() => go(-1)}>
        <ChevronLeft size={14} aria-hidden />
      </IconButton>
      <span aria-live="polite">
        {position + 1} / {ids.length}
      </span>
      <IconButton size="sm" label="Next alternative" disabled={position === ids.length - 1} onClick={() => go(1)}>
        <ChevronRight size={14} aria-hidden />
      </IconButton>
    </div>
  );
}
