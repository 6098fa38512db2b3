import { lazy, Suspense, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { isPlain, plainText, type RichNode } from './rich-node.ts';

const RichDocument = lazy(async () => ({ default: (await import('./rich-document.tsx')).RichDocument }));

function Document({ value }: { value: RichNode }) {
  return (
    <Suspense fallback={<p className="whitespace-pre-wrap">{plainText(value)}</p>}>
      <RichDocument node={value} />
    </Suspense>
  );
}

/** Plain paragraphs are typed as text. What is formatted is shown, and only becomes plain when somebody says so. */
function RichTextInput({ field, value, onChange, error }: InputProps) {
  const given = typeof value === 'object' && value !== null ? (value as RichNode) : undefined;
  const [isText, setIsText] = useState(false);
  if (given && !isText && !isPlain(given)) {
    return (
      <Frame field={field} error={error}>
        <div className="max-h-72 overflow-y-auto rounded-lg border border-border p-3">
          <Document value={given} />
        </div>
        <div>
          <Button onClick={() => setIsText(true)}>Edit as plain text, without the formatting</Button>
        </div>
      </Frame>
    );
  }
  return (
    <TextArea
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      rows={6}
      value={given ? plainText(given) : typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.target.value || null)}
    />
  );
}

function RichTextCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="truncate">{plainText(value as RichNode).slice(0, 200)}</span>;
}

function RichTextView({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <Document value={value as RichNode} />;
}

export const richText: FieldUi = {
  name: 'rich-text',
  Input: RichTextInput,
  Cell: RichTextCell,
  View: RichTextView,
  parse: (typed) => typed,
};
