/** A JSON object typed as text; what is none yet is not handed on, and keeps its form from being sent. */
import { useState } from 'react';
import { useTypedText } from '../../fields/typed-text.ts';
import { TextArea } from '../../ui/field.tsx';

type Values = Record<string, unknown>;

interface JsonFieldProps {
  label: string;
  /** What it begins with. */
  value: Values | undefined;
  /** Undefined: nothing was given. */
  onChange: (value: Values | undefined) => void;
  help?: string;
  error?: string | undefined;
  placeholder?: string;
  hideLabel?: boolean;
}

const print = (value: unknown): string => JSON.stringify(value, null, 2);

function read(typed: string): Values | undefined {
  try {
    const value: unknown = JSON.parse(typed);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : undefined;
  } catch {
    return undefined;
  }
}

export function JsonField({ value, onChange, ...words }: JsonFieldProps) {
  const [given, setGiven] = useState(value);
  const give = (next: unknown): void => {
    const values = (next ?? undefined) as Values | undefined;
    setGiven(values);
    onChange(values);
  };
  const { text, isWrong, change } = useTypedText(given, give, { print, read });
  return (
    <TextArea
      {...words}
      rows={3}
      spellCheck={false}
      className="font-mono text-[0.8125rem]"
      value={text}
      onChange={(event) => change(event.target.value)}
      problem={isWrong ? 'This is not a valid JSON object yet: {…}' : undefined}
    />
  );
}
