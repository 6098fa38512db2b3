/** The words people read. */
import { limits } from '@piper/shared/limits';
import { refuse } from './refuse.ts';

/** A label without the white space around it. */
export function checkLabel(label: string, path: string): string {
  const trimmed = label.trim();
  if (trimmed === '') refuse(path, 'is required');
  checkLength(trimmed, path, limits.title);
  if (/\p{Cc}/u.test(trimmed)) refuse(path, 'must not hold line breaks or other control characters');
  return trimmed;
}

/** As much of it as a label may have. */
export const cutLabel = (label: string): string =>
  label
    .slice(0, limits.title)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trim();

/** A text that may be empty. */
export function checkText(text: string, path: string): string {
  checkLength(text, path, limits.description);
  return text;
}

function checkLength(text: string, path: string, most: number): void {
  if (text.length > most) refuse(path, `must have at most ${most} characters`);
  if (!text.isWellFormed()) refuse(path, 'holds half a character');
}
