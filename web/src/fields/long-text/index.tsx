import { TextArea } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { emptyOf, isBlank, numberOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

function LongTextInput({ field, value, onChange, error }: InputProps) {
  return (
    <TextArea
      label={field.label}
      help={field.help}
      error={error}
      required={field.required}
      maxLength={numberOption(field, 'maxLength')}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.target.value || emptyOf(field))}
    />
  );
}

function LongTextCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="truncate">{String(value).slice(0, 200)}</span>;
}

function LongTextView({ value }: ShowProps) {
  return isBlank(value) ? (
    <Blank />
  ) : (
    <div className="max-h-96 overflow-y-auto break-words whitespace-pre-wrap">{String(value)}</div>
  );
}

export const longText: FieldUi = {
  name: 'long-text',
  Input: LongTextInput,
  Cell: LongTextCell,
  View: LongTextView,
  parse: (typed) => typed,
};
