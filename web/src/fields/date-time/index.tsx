import { TextField } from '../../ui/field.tsx';
import { formatTime, Time } from '../../ui/time.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

/** The form a datetime-local field takes, in the reader's time zone. */
function localOf(value: unknown): string {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) return '';
  const date = new Date(value);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function DateTimeInput({ field, value, onChange, error }: InputProps) {
  return (
    <TextField
      type="datetime-local"
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      value={localOf(value)}
      onChange={(event) => onChange(event.target.value ? new Date(event.target.value).toISOString() : null)}
    />
  );
}

function DateTimeCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <Time at={String(value)} />;
}

function DateTimeView({ value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <span>
      {formatTime(String(value))} <Time at={String(value)} className="text-muted" />
    </span>
  );
}

/** "2026-01-31" or "2026-01-31 14:00" as a point in time. */
function parse(typed: string): unknown {
  const at = new Date(typed);
  return Number.isNaN(at.getTime()) ? typed : at.toISOString();
}

export const dateTime: FieldUi = { name: 'date-time', Input: DateTimeInput, Cell: DateTimeCell, View: DateTimeView, parse };
