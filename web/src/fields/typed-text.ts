/** Text that stands for a value of another form: what can't be read yet stays in the field and is not passed on. */
import { useState } from 'react';
import { isBlank, isSame } from './field-ui.ts';

interface Reading {
  print: (value: unknown) => string;
  /** The value that was typed; undefined: it is none. */
  read: (typed: string) => unknown;
}

interface TypedText {
  text: string;
  isWrong: boolean;
  change: (typed: string) => void;
}

/** Follows a value that is changed from outside; an empty text is none. */
export function useTypedText(value: unknown, onChange: (value: unknown) => void, { print, read }: Reading): TypedText {
  const [typed, setTyped] = useState<{ text: string; value: unknown }>();
  const text = typed && isSame(typed.value, value) ? typed.text : isBlank(value) ? '' : print(value);
  const change = (next: string): void => {
    const now = next.trim() === '' ? null : read(next);
    setTyped({ text: next, value: now === undefined ? value : now });
    if (now !== undefined) onChange(now);
  };
  return { text, isWrong: text.trim() !== '' && read(text) === undefined, change };
}
