/** A length of time in seconds as people write it: `1:30:00`, `-0:05`. */

const two = (n: number): string => String(n).padStart(2, '0');

/** Hours, minutes and, where there are some, seconds. */
export function printDuration(value: unknown): string {
  const seconds = Math.abs(Number(value));
  const rest = seconds % 60;
  const sign = Number(value) < 0 ? '-' : '';
  return `${sign}${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}${rest === 0 ? '' : `:${two(rest)}`}`;
}

/** `1:30` is an hour and a half, `90m`, `2h 30m`, `45s` are what they say, a bare number is seconds; undefined: none of these. */
export function readDuration(typed: string): number | undefined {
  const text = typed.trim().toLowerCase();
  const clock = /^(-?)(\d{1,9}):([0-5]?\d)(?::([0-5]?\d))?$/.exec(text);
  if (clock) return signed(clock[1], Number(clock[2]) * 3600 + Number(clock[3]) * 60 + Number(clock[4] ?? 0));
  const words = /^(-?)(?:(\d{1,9})\s*h)?\s*(?:(\d{1,9})\s*m)?\s*(?:(\d{1,9})\s*s?)?$/.exec(text);
  if (!words || !/\d/.test(text)) return undefined;
  return signed(words[1], Number(words[2] ?? 0) * 3600 + Number(words[3] ?? 0) * 60 + Number(words[4] ?? 0));
}

const signed = (sign: string | undefined, seconds: number): number => (sign === '-' && seconds !== 0 ? -seconds : seconds);
