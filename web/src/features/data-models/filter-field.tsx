/** A filter inside a definition: by rows of field, comparison and value where it is that plain, as JSON where it is not. */
import type { Filter } from '@piper/shared/filter/filter';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { choicesOf, labelOf } from '../../fields/field-ui.ts';
import { Button } from '../../ui/button.tsx';
import { Conditions } from '../records/filter-bar.tsx';
import { conditionsOf, filterOf, isFlag, wordOf, type Condition } from '../records/filter-conditions.ts';
import { JsonField } from './json-field.tsx';
import type { DesignedModel } from './models.ts';

interface FilterFieldProps {
  model: DesignedModel;
  label: string;
  /** What an empty one means. */
  help: string;
  placeholder: string;
  value: Filter | undefined;
  /** Undefined: nothing was given. */
  onChange: (filter: Filter | undefined) => void;
  error?: string | undefined;
}

const isEmpty = (filter: Filter): boolean => Object.keys(filter).length === 0;

/** What rows can show of it. Who asks and when (`$CURRENT_USER`, `$NOW`) is for those who write JSON. */
export function rowsOf(filter: Filter, model: DesignedModel): Condition[] | undefined {
  if (isEmpty(filter)) return [];
  if (JSON.stringify(filter).includes('"$')) return undefined;
  return conditionsOf(filter, model) ?? conditionsOf({ _and: [filter] }, model);
}

/** The conditions as a sentence says them; undefined where they name records, whose names are not known here. */
export function inWords(conditions: readonly Condition[] | undefined, model: DesignedModel): string | undefined {
  const told = conditions?.map(({ field: key, operator, value }) => {
    const field = model.fields.find((each) => each.key === key);
    if (!field || (field.relation && !isFlag(operator))) return undefined;
    const choice = choicesOf(field).find((each) => each.value === value)?.label;
    return `${labelOf(field)} ${wordOf(operator, field)}${isFlag(operator) ? '' : ` ${choice ?? value}`}`;
  });
  return told?.every((each) => each !== undefined) ? told.join(' and ') : undefined;
}

export function FilterField({ model, label, help, placeholder, value = {}, onChange, error }: FilterFieldProps) {
  const rows = rowsOf(value, model);
  const [isJson, setJson] = useState(rows === undefined);
  const turn = (
    <Button size="sm" variant="ghost" disabled={isJson && !rows} onClick={() => setJson(!isJson)}>
      {isJson ? 'As conditions' : 'As JSON'}
    </Button>
  );
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <legend className="sr-only">{label}</legend>
      <div className="flex items-center justify-between gap-2">
        <span aria-hidden className="text-[0.8125rem] font-medium">
          {label}
        </span>
        {turn}
      </div>
      {isJson ? (
        <JsonField
          label={label}
          hideLabel
          value={isEmpty(value) ? undefined : value}
          onChange={(given) => onChange(given as Filter | undefined)}
          help={`A filter as JSON; empty: ${help}`}
          placeholder={placeholder}
          error={error}
        />
      ) : (
        <Rows model={model} begin={rows ?? []} onChange={onChange} help={`Without conditions: ${help}`} error={error} />
      )}
    </fieldset>
  );
}

interface RowsProps extends Pick<FilterFieldProps, 'model' | 'help' | 'onChange' | 'error'> {
  begin: Condition[];
}

const unfinished = 'Give every condition a value, or remove it.';

/** A condition without a value would make the rule wider than it looks, so its form can't be sent. */
function Rows({ model, begin, onChange, help, error }: RowsProps) {
  const [conditions, setConditions] = useState<readonly Condition[] | undefined>(begin.length > 0 ? begin : undefined);
  const asks = (condition: Condition): boolean => filterOf([condition], model) !== undefined;
  const isWhole = conditions === undefined || (conditions.length > 0 && conditions.every(asks));
  const refused = isWhole ? error : undefined;
  const change = (next: readonly Condition[]): void => {
    setConditions(next.length > 0 ? next : undefined);
    onChange(filterOf(next, model));
  };
  return (
    <>
      {conditions ? (
        <Conditions model={model} conditions={conditions} onChange={change} />
      ) : (
        <div>
          <Button size="sm" onClick={() => setConditions([])}>
            <Plus size={14} aria-hidden /> Condition
          </Button>
        </div>
      )}
      <p
        className={`relative text-[0.8125rem] ${refused ? 'text-danger-soft-foreground' : 'text-muted'}`}
        role={refused ? 'alert' : undefined}
      >
        <input
          className="sr-only"
          tabIndex={-1}
          aria-hidden
          ref={(element) => element?.setCustomValidity(isWhole ? '' : unfinished)}
        />
        {refused ?? (isWhole ? help : unfinished)}
      </p>
    </>
  );
}
