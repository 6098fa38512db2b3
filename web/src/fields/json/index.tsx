import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { useTypedText } from '../typed-text.ts';

const print = (value: unknown): string => JSON.stringify(value, null, 2);

function read(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return undefined;
  }
}

function JsonInput({ field, value, onChange, error }: InputProps) {
  const { text, isWrong, change } = useTypedText(value, onChange, { print, read });
  return (
    <TextArea
      label={field.label}
      help={field.help}
      error={error}
      problem={isWrong ? 'This is not valid JSON yet.' : undefined}
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
