/** Where the next message is written: text, files, and which prompt and AI model answer it. */
import { limits } from '@piper/shared/limits';
import { ArrowUp, FileText, Paperclip, Square, X } from 'lucide-react';
import { useEffect, useRef, useState, type ClipboardEvent, type DragEvent, type KeyboardEvent } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import type { Project } from '../../platform/queries.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { formatBytes, useAttachments, type Attachments } from './attachments.ts';
import { ModelChoice, PromptChoice, VariableFields } from './composer-choices.tsx';
import { stopTurn, type Choice } from './send.ts';
import type { ChatMessage } from './thread-queries.ts';

interface ComposerProps {
  project: Project;
  threadId: string | undefined;
  choice: Choice;
  onChoice: (choice: Choice) => void;
  /** The answer being written at the end of the thread. */
  writing: ChatMessage | undefined;
  /** The thread has been read, so that its last values are known. */
  isReady: boolean;
  onSend: (text: string, files: { id: string; name: string; size: number }[]) => Promise<void>;
}

/** What was typed but not sent survives a reload, per thread. */
const draftKey = (project: Project, threadId: string | undefined): string => `piper.draft.${threadId ?? project.id}`;
function readDraft(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}
function writeDraft(key: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    // Without storage the draft lives as long as the page.
  }
}

export function Composer({ project, threadId, choice, onChoice, writing, isReady, onSend }: ComposerProps) {
  const key = draftKey(project, threadId);
  const [text, setText] = useState(() => readDraft(key));
  const [round, setRound] = useState(0);
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<unknown>();
  const [isDropping, setDropping] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const attachments = useAttachments();
  const canSend = (text.trim() !== '' || attachments.list.length > 0) && !isSending && !attachments.isUploading && !writing;

  useEffect(() => writeDraft(key, text), [key, text]);
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [threadId]);

  const submit = async (): Promise<void> => {
    if (!canSend) return;
    const sent = text;
    const files = attachments.list.flatMap(({ id, name, size }) => (id ? [{ id, name, size }] : []));
    setSending(true);
    setError(undefined);
    setText('');
    try {
      await onSend(sent.trim(), files);
      attachments.clear();
      setRound((last) => last + 1);
    } catch (caught) {
      // Nothing typed is lost: it stands in the field again, unless something new was typed meanwhile.
      setText((now) => now || sent);
      setError(caught);
    } finally {
      setSending(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && writing?.runId) void stopTurn(writing.runId);
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  };
  const onPaste = (event: ClipboardEvent): void => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    attachments.add(event.clipboardData.files);
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setDropping(false);
    attachments.add(event.dataTransfer.files);
  };

  return (
    <div className="mx-auto w-full max-w-3xl px-4 pb-[max(1rem,env(safe-area-inset-bottom))]">
      {error === undefined ? null : (
        <div className="pb-2">
          <Notice
            tone="danger"
            action={
              <Button size="sm" onClick={() => void submit()}>
                Send again
              </Button>
            }
          >
            {messageOf(error)}
          </Notice>
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- because files can be dropped on it; the keyboard has its button */}
      <form
        aria-label="New message"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
        onDragOver={(event) => {
          event.preventDefault();
          setDropping(true);
        }}
        onDragLeave={() => setDropping(false)}
        onDrop={onDrop}
        className={`rounded-2xl border bg-surface shadow-surface transition-colors focus-within:border-focus ${isDropping ? 'border-dashed border-focus bg-accent-soft' : 'border-border'}`}
      >
        {isReady ? <VariableFields project={project} choice={choice} onChoice={onChoice} round={round} /> : null}
        <AttachmentList attachments={attachments} />
        <textarea
          ref={field}
          aria-label="Message"
          placeholder={isDropping ? 'Drop files to attach them' : 'Write a message'}
          rows={1}
          maxLength={limits.messageText}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          className="block max-h-[40dvh] min-h-11 w-full resize-none bg-transparent px-4 pt-3 pb-1 text-base outline-none field-sizing-content placeholder:text-muted sm:text-[0.9375rem]"
        />
        <div className="flex items-center gap-1 px-2 pb-2">
          <AttachButton attachments={attachments} />
          <PromptChoice project={project} choice={choice} onChoice={onChoice} />
          <ModelChoice project={project} choice={choice} onChoice={onChoice} />
          <span className="flex-1" />
          {writing ? (
            <IconButton
              label="Stop"
              variant="primary"
              className="rounded-full"
              disabled={!writing.runId}
              onClick={() => (writing.runId ? void stopTurn(writing.runId) : undefined)}
            >
              <Square size={14} fill="currentColor" aria-hidden />
            </IconButton>
          ) : (
            <IconButton
              label="Send"
              type="submit"
              variant="primary"
              className="rounded-full"
              disabled={!canSend}
              isBusy={isSending}
            >
              <ArrowUp size={17} aria-hidden />
            </IconButton>
          )}
        </div>
      </form>
    </div>
  );
}

function AttachButton({ attachments }: { attachments: Attachments }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          attachments.add(event.target.files ?? []);
          event.target.value = '';
        }}
      />
      <IconButton label="Attach files" size="sm" onClick={() => input.current?.click()}>
        <Paperclip size={16} aria-hidden />
      </IconButton>
    </>
  );
}

function AttachmentList({ attachments }: { attachments: Attachments }) {
  if (attachments.list.length === 0) return null;
  return (
    <ul aria-label="Files to send" className="flex flex-wrap gap-1.5 px-3 pt-3">
      {attachments.list.map((file) => (
        <li
          key={file.key}
          className={`flex items-center gap-1.5 rounded-lg border border-border bg-surface-secondary py-0.5 pr-0.5 pl-2 text-xs ${file.id ? '' : 'animate-pulse'}`}
        >
          <FileText size={13} aria-hidden />
          <span className="max-w-44 truncate">{file.name}</span>
          <span className="text-muted">{file.id ? formatBytes(file.size) : 'uploading…'}</span>
          <IconButton size="sm" label={`Remove ${file.name}`} className="size-6" onClick={() => attachments.remove(file.key)}>
            <X size={12} aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
