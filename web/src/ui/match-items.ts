/** What a picker offers, and which of it matches what was typed. */
import type { LucideIcon } from 'lucide-react';

export interface PickerItem {
  id: string;
  label: string;
  hint?: string | undefined;
  group?: string;
  icon?: LucideIcon;
  isSelected?: boolean;
  keywords?: string;
  run: () => void;
}

/** Items whose words all begin or contain what was typed; better matches first. */
export function matchItems(items: readonly PickerItem[], text: string): PickerItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...items];
  return items
    .map((item) => ({ item, score: scoreOf(`${item.label} ${item.keywords ?? ''} ${item.hint ?? ''}`.toLowerCase(), words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}

function scoreOf(haystack: string, words: string[]): number {
  let score = 1;
  for (const word of words) {
    const at = haystack.indexOf(word);
    if (at < 0) return 0;
    score += at === 0 ? 3 : haystack[at - 1] === ' ' ? 2 : 1;
  }
  return score;
}
