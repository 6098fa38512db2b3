/** JSON typed as text; what is no object is said at once, is not handed on, and keeps its form from being sent. */
import { useState } from 'react';
import { TextArea } from '../../ui/field.tsx';

interface JsonFieldProps {
  label: string;
  value: unknown;
  /** Undefined: nothing was given. */
  onChange: (value: Record<string, unknown> | undefined) => void;
  help?: string;
  error?: string | undefined;
  placeholder?: string;
  hideLabel?: boolean;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Parsed = { value: Record<string, unknown> | undefined; problem?: undefined } | { problem: string };

export function parseObject(text: string): Parsed {
  if (text.trim() === '') return { value: undefined };
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { value } : { problem: 'must be an object: {…}' };
  } catch (error) {
    return { problem: `is no JSON: ${error instanceof Error ? error.message : 'it can’t be read'}` };
  }
}

export function JsonField({ label, value, onChange, help, error, placeholder, hideLabel = false }: JsonFieldProps) {
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
  const change = (typed: string): void => {
    setText(typed);
    const parsed = parseObject(typed);
    if (parsed.problem === undefined) onChange(parsed.value);
  };
  return (
    <TextArea
      label={label}
      hideLabel={hideLabel}
      rows={3}
      spellCheck={false}
      className="font-mono text-[0.8125rem]"
      placeholder={placeholder}
      value={text}
      onChange={(event) => change(event.target.value)}
      help={help}
      problem={parseObject(text).problem}
      error={error}
    />
  );
}
