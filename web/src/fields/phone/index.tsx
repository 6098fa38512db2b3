import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { TypedInput } from '../typed-input.tsx';

function PhoneInput(props: InputProps) {
  return <TypedInput {...props} native={{ type: 'tel', autoComplete: 'off' }} />;
}

function PhoneCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="tabular-nums">{String(value)}</span>;
}

function PhoneView({ value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <a href={`tel:${String(value).replace(/[^\d+]/g, '')}`} className="text-link tabular-nums">
      {String(value)}
    </a>
  );
}

export const phone: FieldUi = {
  name: 'phone',
  Input: PhoneInput,
  Cell: PhoneCell,
  View: PhoneView,
  parse: (typed) => typed.replace(/[\s().\-/]/g, ''),
};
