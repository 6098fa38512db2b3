/** JSON typed as text; what is not JSON is said at once and not handed on. */
import { useState } from 'react';
import { TextArea } from '../../ui/field.tsx';

interface JsonFieldProps {
  label: string;
  value: unknown;
  /** Undefined: nothing was given. */
  onChange: (value: Record<string, unknown> | undefined, isValid: boolean) => void;
  help?: string;
  error?: string | undefined;
  placeholder?: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): { value: Record<string, unknown> | undefined; problem: string | undefined } {
  if (text.trim() === '') return { value: undefined, problem: undefined };
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { value, problem: undefined } : { value: undefined, problem: 'must be an object: {…}' };
  } catch (error) {
    return { value: undefined, problem: `is no JSON: ${error instanceof Error ? error.message : 'it can’t be read'}` };
  }
}

export function JsonField({ label, value, onChange, help, error, placeholder }: JsonFieldProps) {
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
  const { problem } = parse(text);
  const change = (typed: string): void => {
    setText(typed);
    const parsed = parse(typed);
    onChange(parsed.value, parsed.problem === undefined);
  };
  return (
    <TextArea
      label={label}
      rows={3}
      spellCheck={false}
      className="font-mono text-[0.8125rem]"
      placeholder={placeholder}
      value={text}
      onChange={(event) => change(event.target.value)}
      help={help}
      error={problem ?? error}
    />
  );
}
