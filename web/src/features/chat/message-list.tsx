/** The messages of a branch, windowed: ten thousand of them scroll as ten do. The list holds on to its end, and grows at its start while one scrolls back. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { MessageView } from './message-view.tsx';
import { loadOlder, type ChatMessage } from './thread-queries.ts';

interface MessageListProps {
  threadId: string;
  messages: ChatMessage[];
  hasOlder: boolean;
}

const endDistance = 120;

export function MessageList({ threadId, messages, hasOlder }: MessageListProps) {
  'use no memo'; // The virtualizer changes without its identity changing; memoized output would go stale.
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const older = useOlder(threadId, hasOlder);
  const virtualizer = useVirtualizer({
    count: messages.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (messages[index]?.role === 'user' ? 90 : 260),
    getItemKey: (index) => messages[index]?.id ?? index,
    overscan: 6,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: endDistance,
    paddingStart: 24,
    paddingEnd: 24,
  });
  const lastId = messages.at(-1)?.id;
  const isOwnLast = messages.at(-1)?.status === 'streaming';

  // Opens at the end, and goes there when one's own message was sent.
  useEffect(() => {
    virtualizer.scrollToEnd();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only when the end itself changes
  }, [isOwnLast ? lastId : threadId]);

  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < endDistance);
    if (element.scrollTop < 600) older.load();
  };

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label="Messages"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- because what scrolls must be reachable by keyboard
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-contain [overflow-anchor:none] [scrollbar-gutter:stable_both-edges]"
      >
        {older.error ? (
          <div className="mx-auto max-w-3xl px-4 pt-3">
            <Notice
              tone="danger"
              action={
                <Button size="sm" onClick={older.retry}>
                  Try again
                </Button>
              }
            >
              {older.error}
            </Notice>
          </div>
        ) : null}
        <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const message = messages[item.index];
            return message ? (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtualizer.measureElement}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <MessageView message={message} isLast={item.index === messages.length - 1} />
              </div>
            ) : null;
          })}
        </div>
      </div>
      {isAtEnd ? null : (
        <IconButton
          label="Go to the newest message"
          variant="outline"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full bg-overlay shadow-overlay"
          onClick={() => virtualizer.scrollToEnd()}
        >
          <ArrowDown size={16} aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

/** Reads older pages one at a time. */
function useOlder(threadId: string, hasOlder: boolean): { load: () => void; retry: () => void; error: string | undefined } {
  const isLoading = useRef(false);
  const [error, setError] = useState<string>();
  const start = (): void => {
    isLoading.current = true;
    loadOlder(threadId)
      .then(() => setError(undefined))
      .catch((caught: unknown) => setError(messageOf(caught)))
      .finally(() => {
        isLoading.current = false;
      });
  };
  const load = (): void => {
    if (hasOlder && !isLoading.current && !error) start();
  };
  return { load, retry: start, error };
}
