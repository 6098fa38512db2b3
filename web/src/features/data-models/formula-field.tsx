/** A formula, with the fields and functions there are to put into it. */
import { formulaFunctions, type FormulaFunction } from '@piper/shared/formula/index';
import { valueTypes } from '@piper/shared/formula/value-types';
import { useState } from 'react';
import { labelOf } from '../../fields/field-ui.ts';
import { TextArea } from '../../ui/field.tsx';
import type { DesignedModel } from './models.ts';

interface FormulaFieldProps {
  model: DesignedModel;
  value: string;
  onChange: (formula: string) => void;
  error: string | undefined;
}

const categories: [category: FormulaFunction['category'], title: string][] = [
  ['logic', 'Logic'],
  ['number', 'Numbers'],
  ['text', 'Text'],
  ['date', 'Dates'],
];

interface Entry {
  /** What is put into the formula. */
  insert: string;
  shown: string;
  help: string;
}

export function FormulaField({ model, value, onChange, error }: FormulaFieldProps) {
  const [caret, setCaret] = useState(value.length);
  const put = (text: string): void => {
    onChange(value.slice(0, caret) + text + value.slice(caret));
    // Of a function, between its parentheses.
    setCaret(caret + text.length - (text.endsWith('()') ? 1 : 0));
  };
  const fields = model.fields.filter((field) => !field.hidden && valueTypes.has(field.result ?? field.type) && !isList(field));
  return (
    <div className="flex flex-col gap-2">
      <TextArea
        label="Formula"
        required
        rows={3}
        spellCheck={false}
        className="font-mono text-[0.8125rem]"
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          setCaret(event.target.selectionStart);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        help="Fields stand in braces: {price} * {quantity}. A dot goes over a relation: {customer.name}."
        error={error}
      />
      <details>
        <summary className="text-[0.8125rem] text-muted">Fields and functions</summary>
        <div className="mt-2 flex max-h-64 flex-col gap-2 overflow-y-auto rounded-lg border border-border p-3">
          <Entries
            title="Fields"
            entries={fields.map((field) => ({ insert: `{${field.key}}`, shown: `{${field.key}}`, help: labelOf(field) }))}
            onPut={put}
          />
          {categories.map(([category, title]) => (
            <Entries key={category} title={title} entries={functionsOf(category)} onPut={put} />
          ))}
        </div>
      </details>
    </div>
  );
}

const isList = ({ relation }: DesignedModel['fields'][number]): boolean =>
  relation?.kind === 'one-to-many' || relation?.kind === 'many-to-many';

const functionsOf = (category: FormulaFunction['category']): Entry[] =>
  [...formulaFunctions.values()]
    .filter((each) => each.category === category)
    .map(({ name, usage, help }) => ({ insert: `${name}()`, shown: usage, help }));

function Entries({ title, entries, onPut }: { title: string; entries: readonly Entry[]; onPut: (text: string) => void }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      <ul>
        {entries.map(({ insert, shown, help }) => (
          <li key={shown}>
            <button
              type="button"
              className="flex w-full cursor-pointer flex-wrap items-baseline gap-x-3 rounded-md px-1.5 py-1 text-start text-[0.8125rem] hover:bg-default"
              onClick={() => onPut(insert)}
            >
              <code>{shown}</code>
              <span className="text-muted">{help}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
