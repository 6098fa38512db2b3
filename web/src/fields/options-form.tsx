/** The settings of a field's type, made from the type's options, which are fields themselves. */
import type { Field } from '@piper/shared/data-model';
import { itemFieldsOf } from '@piper/shared/fields/options';
import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import type { VisibleField } from '../platform/records.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { fieldUiOf } from './index.ts';
import { Frame } from './frame.tsx';

export type Options = Readonly<Record<string, unknown>>;

interface OptionsFormProps {
  /** `fieldTypes.get(type).options`. */
  options: readonly Field[];
  value: Options;
  onChange: (value: Options) => void;
  /** What the server found, by path: `options.choices[0].value`. */
  errors?: Readonly<Record<string, string>>;
  /** Where the options stand in those paths. */
  path?: string;
}

/** An option as a form sees any field. */
const visible = ({ id: _id, column: _column, secret: _secret, ...option }: Field): VisibleField => ({
  ...option,
  operators: [],
  sortable: false,
  creatable: true,
  updatable: true,
});

/** One that was emptied is kept as undefined, which is not sent: its default must not spring back while another is typed. */
const withValue = (values: Options, key: string, value: unknown): Options => ({
  ...values,
  [key]: value === null || value === '' ? undefined : value,
});

/** Those that are given; undefined where there are none. */
export function givenOptions(options: Options): Record<string, unknown> | undefined {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

export function OptionsForm({ options, value, onChange, errors = {}, path = 'options' }: OptionsFormProps) {
  return (
    <div className="flex flex-col gap-4">
      {options.map((option) => {
        const here = `${path}.${option.key}`;
        const change = (changed: unknown): void => onChange(withValue(value, option.key, changed));
        const given = option.key in value ? value[option.key] : option.default;
        const items = itemFieldsOf(option);
        if (items)
          return <ItemList key={option.key} {...{ option, items, value: given, onChange: change, errors, path: here }} />;
        const { Input } = fieldUiOf(option);
        return <Input key={option.key} field={visible(option)} value={given} onChange={change} error={errors[here]} />;
      })}
    </div>
  );
}

interface ItemListProps {
  option: Field;
  items: readonly Field[];
  value: unknown;
  onChange: (value: Options[]) => void;
  errors: Readonly<Record<string, string>>;
  path: string;
}

/** Entries in an order, each with fields of its own: the choices of a select. */
function ItemList({ option, items, value, onChange, errors, path }: ItemListProps) {
  const entries = Array.isArray(value) ? (value as Options[]) : [];
  const swap = (i: number, j: number): void => onChange(entries.with(i, entries[j]!).with(j, entries[i]!));
  return (
    <Frame field={visible(option)} error={errors[path]}>
      <ol className="flex flex-col gap-2">
        {entries.map((entry, i) => (
          <li key={i} className="flex items-end gap-2 rounded-lg border border-border p-2">
            <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-3">
              {items.map((item) => {
                const { Input } = fieldUiOf(item);
                return (
                  <Input
                    key={item.key}
                    field={visible(item)}
                    value={entry[item.key]}
                    error={errors[`${path}[${i}].${item.key}`]}
                    onChange={(changed) => onChange(entries.with(i, withValue(entry, item.key, changed)))}
                  />
                );
              })}
            </div>
            <IconButton label={`Move entry ${i + 1} up`} size="sm" disabled={i === 0} onClick={() => swap(i, i - 1)}>
              <ArrowUp size={14} aria-hidden />
            </IconButton>
            <IconButton
              label={`Move entry ${i + 1} down`}
              size="sm"
              disabled={i === entries.length - 1}
              onClick={() => swap(i, i + 1)}
            >
              <ArrowDown size={14} aria-hidden />
            </IconButton>
            <IconButton label={`Remove entry ${i + 1}`} size="sm" onClick={() => onChange(entries.toSpliced(i, 1))}>
              <X size={14} aria-hidden />
            </IconButton>
          </li>
        ))}
      </ol>
      <div>
        <Button size="sm" onClick={() => onChange([...entries, {}])}>
          <Plus size={14} aria-hidden /> Add
        </Button>
      </div>
    </Frame>
  );
}
