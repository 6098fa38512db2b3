import { Blank } from '../blank.tsx';
import { isBlank, numberOption, textOption, type FieldUi, type ShowProps } from '../field-ui.ts';
import { integer } from '../integer/index.tsx';

function AutoNumberShow({ field, value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  const digits = String(value).padStart(numberOption(field, 'digits') ?? 0, '0');
  return <span className="tabular-nums">{`${textOption(field, 'prefix') ?? ''}${digits}`}</span>;
}

/** The prefix is shown, not stored: it may be typed into a filter all the same. */
export const autoNumber: FieldUi = {
  ...integer,
  name: 'auto-number',
  Cell: AutoNumberShow,
  View: AutoNumberShow,
  parse: (typed) => Number(/\d+$/.exec(typed.trim())?.[0]),
};
