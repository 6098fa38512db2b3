import { isSystemField } from '../../platform/records.ts';
import { Time } from '../../ui/time.tsx';
import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';
import { TypedInput } from '../typed-input.tsx';

/** The form a datetime-local field takes, in the reader's time zone. */
function localOf(value: unknown): string {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) return '';
  const date = new Date(value);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function DateTimeInput(props: InputProps) {
  return (
    <TypedInput {...props} native={{ type: 'datetime-local' }} print={localOf} read={(typed) => new Date(typed).toISOString()} />
  );
}

/** When a record was made or changed is said as people do; what somebody typed in is shown as exactly. */
function DateTimeCell(props: ShowProps) {
  if (isBlank(props.value) || !isSystemField(props.field)) return <DateTimeView {...props} />;
  return <Time at={String(props.value)} />;
}

function DateTimeView({ field, value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <time dateTime={String(value)}>{printValue(field, value)}</time>;
}

/** "2026-01-31" or "2026-01-31 14:00" as a point in time. */
function parse(typed: string): unknown {
  const at = new Date(typed);
  return Number.isNaN(at.getTime()) ? typed : at.toISOString();
}

export const dateTime: FieldUi = { name: 'date-time', Input: DateTimeInput, Cell: DateTimeCell, View: DateTimeView, parse };
