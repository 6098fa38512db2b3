import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type ShowProps } from '../field-ui.ts';
import { integer } from '../integer/index.tsx';
import { printValue } from '../print.ts';

function AutoNumberShow({ field, value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return <span className="tabular-nums">{printValue(field, value)}</span>;
}

/** The prefix is shown, not stored: it may be typed into a filter all the same. */
export const autoNumber: FieldUi = {
  ...integer,
  name: 'auto-number',
  Cell: AutoNumberShow,
  View: AutoNumberShow,
  parse: (typed) => Number(/\d+$/.exec(typed.trim())?.[0]),
};
