/** Points in time as people say them; the exact one is in the title. */
import { useSyncExternalStore } from 'react';

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });
const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "3 min. ago", "yesterday"; older than a week the date. */
export function describeTime(iso: string, now: number): string {
  // The page's clock ticks every half minute: what is made meanwhile is not in the future.
  const ahead = (Date.parse(iso) - now) / 1000;
  const seconds = ahead > 0 && ahead < 60 ? 0 : ahead;
  if (Number.isNaN(seconds)) return '';
  if (Math.abs(seconds) > 7 * 86_400) return day.format(new Date(iso));
  const unit = units.find(([, size]) => Math.abs(seconds) >= size);
  return unit ? relative.format(Math.round(seconds / unit[1]), unit[0]) : 'just now';
}

export const formatTime = (iso: string): string => exact.format(new Date(iso));

// One timer for all times on the page.
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 30_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export function Time({ at, className = '' }: { at: string | null | undefined; className?: string }) {
  const current = useSyncExternalStore(subscribe, () => now);
  if (!at) return <span className={className}>–</span>;
  return (
    <time dateTime={at} title={formatTime(at)} className={className}>
      {describeTime(at, current)}
    </time>
  );
}
