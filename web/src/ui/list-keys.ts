/** Arrow keys, j/k, Home and End move through a list of links or buttons; the rest of the keyboard stays as it is. */
import type { KeyboardEvent } from 'react';

/** Put on the list; `[data-item]` marks what can be reached. */
export function moveThroughList(event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement;
  if (event.metaKey || event.ctrlKey || event.altKey || target.matches('input, textarea, select, [contenteditable]')) return;
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-item]')];
  const at = items.indexOf(target.closest<HTMLElement>('[data-item]') as HTMLElement);
  const next = nextIndex(event.key, at, items.length);
  if (next === undefined) return;
  event.preventDefault();
  items[next]?.focus();
}

function nextIndex(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined;
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return Math.min(at + 1, count - 1);
    case 'ArrowUp':
    case 'k':
      return Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
