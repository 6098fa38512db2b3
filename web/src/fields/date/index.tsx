import { Blank } from '../blank.tsx';
import { isBlank, textOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { printValue } from '../print.ts';
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

function DateShow({ field, value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <time dateTime={String(value)} className="whitespace-nowrap">
      {printValue(field, value)}
    </time>
  );
}

export const date: FieldUi = { name: 'date', Input: DateInput, Cell: DateShow, View: DateShow, parse: (typed) => typed.trim() };
