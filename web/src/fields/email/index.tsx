import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { TypedInput } from '../typed-input.tsx';

function EmailInput(props: InputProps) {
  return <TypedInput {...props} native={{ type: 'email' }} />;
}

function EmailCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="truncate">{String(value)}</span>;
}

function EmailView({ value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <a href={`mailto:${String(value)}`} className="text-link">
      {String(value)}
    </a>
  );
}

export const email: FieldUi = {
  name: 'email',
  Input: EmailInput,
  Cell: EmailCell,
  View: EmailView,
  parse: (typed) => typed.trim(),
};
