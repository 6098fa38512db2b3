/** Formulas, lookups and rollups look like their result; these stand for those whose result is not known. */
import { Blank } from './blank.tsx';
import { asText, isBlank, type FieldUi, type InputProps, type ShowProps } from './field-ui.ts';
import { Frame } from './frame.tsx';

function ComputedInput({ field, value }: InputProps) {
  return (
    <Frame field={field}>
      <p className="text-sm">{isBlank(value) ? <Blank /> : asText(value)}</p>
    </Frame>
  );
}

function ComputedShow({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="truncate">{asText(value)}</span>;
}

export const computedUi = (name: string): FieldUi => ({
  name,
  Input: ComputedInput,
  Cell: ComputedShow,
  View: ComputedShow,
  parse: (typed) => typed,
});
