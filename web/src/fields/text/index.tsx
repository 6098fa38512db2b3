import { Blank } from '../blank.tsx';
import { isBlank, numberOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { TypedInput } from '../typed-input.tsx';

function TextInput(props: InputProps) {
  return <TypedInput {...props} native={{ maxLength: numberOption(props.field, 'maxLength') }} />;
}

function TextCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="truncate">{String(value)}</span>;
}

function TextView({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="break-words whitespace-pre-wrap">{String(value)}</span>;
}

export const text: FieldUi = { name: 'text', Input: TextInput, Cell: TextCell, View: TextView, parse: (typed) => typed };
