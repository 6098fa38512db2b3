import { Blank } from '../blank.tsx';
import { isBlank, textOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { TypedInput } from '../typed-input.tsx';

function DateInput(props: InputProps) {
  const { field } = props;
  return (
    <TypedInput
      {...props}
      native={{ type: 'date', min: textOption(field, 'min'), max: textOption(field, 'max') ?? '9999-12-31' }}
    />
  );
}

/** The day is the same wherever it is looked at. */
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });

function DateShow({ value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  const at = new Date(`${String(value)}T00:00:00Z`);
  return (
    <time dateTime={String(value)} className="whitespace-nowrap">
      {Number.isNaN(at.getTime()) ? String(value) : day.format(at)}
    </time>
  );
}

export const date: FieldUi = { name: 'date', Input: DateInput, Cell: DateShow, View: DateShow, parse: (typed) => typed.trim() };
