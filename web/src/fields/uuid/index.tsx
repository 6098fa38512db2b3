import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { TypedInput } from '../typed-input.tsx';

function UuidInput(props: InputProps) {
  return (
    <TypedInput
      {...props}
      native={{
        pattern: '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
        title: 'A UUID: 8-4-4-4-12 digits from 0 to f',
        spellCheck: false,
        className: 'font-mono',
      }}
      read={(typed) => typed.trim()}
    />
  );
}

function UuidShow({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <code className="truncate text-xs">{String(value)}</code>;
}

export const uuid: FieldUi = { name: 'uuid', Input: UuidInput, Cell: UuidShow, View: UuidShow, parse: (typed) => typed.trim() };
