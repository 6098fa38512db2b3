/** Short messages at the edge: what was done, with a way to undo it. */
import { X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { Button, IconButton } from './button.tsx';

interface Toast {
  id: number;
  text: string;
  tone: 'neutral' | 'danger';
  action: { label: string; run: () => void } | undefined;
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

interface ToastOptions {
  tone?: Toast['tone'];
  action?: Toast['action'];
  seconds?: number;
}

/** Shows a message; with an action it stays longer. */
export function showToast(
  text: string,
  { tone = 'neutral', action, seconds = action || tone === 'danger' ? 10 : 4 }: ToastOptions = {},
): void {
  const id = ++lastId;
  publish([...toasts.slice(-3), { id, text, tone, action }]);
  startTimer(id, seconds);
}

/** "Deleted. [Undo]" */
export const showUndo = (text: string, undo: () => void): void => showToast(text, { action: { label: 'Undo', run: undo } });

function startTimer(id: number, seconds: number): void {
  timers.set(
    id,
    setTimeout(() => dismiss(id), seconds * 1000),
  );
}

function dismiss(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  publish(toasts.filter((toast) => toast.id !== id));
}

/** A message that goes from under the pointer never hears it leave: the others must not wait for that. */
function close(id: number): void {
  dismiss(id);
  resumeAll();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function pauseAll(): void {
  for (const timer of timers.values()) clearTimeout(timer);
}
function resumeAll(): void {
  for (const [id, timer] of timers) {
    clearTimeout(timer);
    startTimer(id, 5);
  }
}

/** Where toasts appear; once, in the shell. Hovering or focusing keeps them. */
export function ToastViewport() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- because looking at a message, by pointer or focus, keeps it
    <section
      aria-label="Notifications"
      aria-live="polite"
      // Not on entering: a message that comes up under a resting pointer is not looked at.
      onMouseMove={({ movementX, movementY }) => (movementX || movementY ? pauseAll() : undefined)}
      onMouseLeave={resumeAll}
      onFocus={pauseAll}
      onBlur={resumeAll}
      className="pointer-events-none fixed inset-x-3 bottom-24 z-50 flex flex-col items-center gap-2 lg:bottom-4 lg:left-4 lg:items-start"
    >
      {shown.map((toast) => (
        <div
          key={toast.id}
          role={toast.tone === 'danger' ? 'alert' : 'status'}
          className="pointer-events-auto flex max-w-md animate-in items-center gap-2 rounded-lg border border-border bg-overlay py-1.5 pr-1.5 pl-3.5 text-sm shadow-overlay fade-in slide-in-from-bottom-2"
        >
          {toast.tone === 'danger' ? <span className="size-2 shrink-0 rounded-full bg-danger" aria-hidden /> : null}
          <span className="min-w-0 flex-1 py-1 break-words">{toast.text}</span>
          {toast.action ? (
            <Button
              size="sm"
              variant="ghost"
              className="font-semibold text-accent-soft-foreground"
              onClick={() => {
                close(toast.id);
                toast.action?.run();
              }}
            >
              {toast.action.label}
            </Button>
          ) : null}
          <IconButton label="Dismiss" size="sm" onClick={() => close(toast.id)}>
            <X size={14} aria-hidden />
          </IconButton>
        </div>
      ))}
    </section>
  );
}
