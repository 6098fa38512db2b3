import { useId } from 'react';
import { Button } from '../../ui/button.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

/** The browser's palette always holds a colour; that there is none is said beside it. */
function ColourInput({ field, value, onChange, error }: InputProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-[0.8125rem] font-medium">
        {field.label}
      </label>
      <div className="flex items-center gap-2">
        <input
          id={id}
          type="color"
          value={isBlank(value) ? '#000000' : String(value)}
          onChange={(event) => onChange(event.target.value)}
          className="h-9 w-14 rounded border border-border"
        />
        <span className="text-sm text-muted">{isBlank(value) ? 'none' : String(value)}</span>
        {field.required || isBlank(value) ? null : <Button onClick={() => onChange(null)}>Clear</Button>}
      </div>
      {error ? (
        <p role="alert" className="text-[0.8125rem] text-danger-soft-foreground">
          {error}
        </p>
      ) : null}
    </div>
  );
}

function ColourShow({ value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className="size-3.5 rounded border border-border" style={{ background: String(value) }} />
      <code className="text-xs">{String(value)}</code>
    </span>
  );
}

export const colour: FieldUi = {
  name: 'colour',
  Input: ColourInput,
  Cell: ColourShow,
  View: ColourShow,
  parse: (typed) => typed.trim().toLowerCase(),
};
