/** A choice is kept by its value. */
import type { Field } from '@piper/shared/data-model';
import { choicesOf } from '@piper/shared/fields/select/index';
import { literal } from '../../sql-writer.ts';
import { textColumn } from '../text/index.ts';

/** The values of a field's choices as SQL. */
export const choiceList = (field: Field): string =>
  `array[${choicesOf(field)
    .map((choice) => literal(choice.value))
    .join(', ')}]::text[]`;

export const select = textColumn('select', (text, field) => `(case when ${text} = any(${choiceList(field)}) then ${text} end)`);
