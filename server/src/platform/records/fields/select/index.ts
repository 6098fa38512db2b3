/** A choice is kept by its value. */
import type { Field } from '@piper/shared/data-model';
import { choicesOf } from '@piper/shared/fields/select/index';
import { literal } from '../../sql-writer.ts';
import type { ColumnType } from '../column-type.ts';
import { textColumn } from '../text/index.ts';

/** The values of a field's choices as SQL. */
export const choiceList = (field: Field): string =>
  `array[${choicesOf(field)
    .map((choice) => literal(choice.value))
    .join(', ')}]::text[]`;

const within = (value: string, field: Field): string => `(case when ${value} = any(${choiceList(field)}) then ${value} end)`;

export const select: ColumnType = { ...textColumn('select', within), within };
