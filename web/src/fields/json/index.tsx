import { useState } from 'react';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

const print = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value, null, 2));

/** What is not yet valid JSON stays in the field and is not passed on. */
function JsonInput({ field, value, onChange, error }: InputProps) {
  const [text, setText] = useState(() => print(value));
  const [problem, setProblem] = useState<string>();
  const change = (typed: string): void => {
    setText(typed);
    try {
      onChange(typed.trim() === '' ? null : (JSON.parse(typed) as unknown));
      setProblem(undefined);
    } catch {
      setProblem('This is not valid JSON yet.');
    }
  };
  return (
    <TextArea
      label={field.label}
      help={field.help}
      error={problem ?? error}
      required={field.required}
      rows={6}
      spellCheck={false}
      className="font-mono text-xs"
      value={text}
      onChange={(event) => change(event.target.value)}
    />
  );
}

function JsonCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <code className="truncate text-xs">{JSON.stringify(value)}</code>;
}

function JsonView({ field, value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <ScrollRegion label={field.label} className="max-h-96 rounded-lg bg-surface-secondary p-3 text-xs">
      <pre>{print(value)}</pre>
    </ScrollRegion>
  );
}

export const json: FieldUi = { name: 'json', Input: JsonInput, Cell: JsonCell, View: JsonView, parse: (typed) => typed };
