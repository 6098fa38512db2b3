/** Columns of lists: of texts, and with another element of ids. */
import type { Field } from '@piper/shared/data-model';
import { numberOption } from '@piper/shared/fields/field-type';
import type { Operator } from '@piper/shared/filter/operators';
import { asIs, compareOrdered, type ColumnType, type OperandSql } from '../column-type.ts';
import { choiceList } from '../select/index.ts';

/** An empty list has no element; a missing one is never a match, as everywhere. */
const compareLists =
  (element: string): ColumnType['compare'] =>
  (operator: Operator, column: string, operand: OperandSql) => {
    switch (operator) {
      case '_contains':
        return `${column} @> array[${operand.one(element)}]`;
      case '_ncontains':
        return `(${operand.one(element)} is not null and not (${column} @> array[${operand.one(element)}]))`;
      case '_intersects':
        return `${column} && ${operand.list(element)}`;
      case '_nintersects':
        return `(not (${column} && ${operand.list(element)}) and array_position(${operand.list(element)}, null) is null)`;
      case '_empty':
        return `(${column} is null or cardinality(${column}) = 0)`;
      case '_nempty':
        return `cardinality(${column}) > 0`;
      default:
        return compareOrdered(operator, column, operand);
    }
  };

interface ListOf {
  element: string;
  /** Makes the whole list from a text. */
  parse: (text: string) => string;
  /** What it may hold, as a list. */
  among?: (field: Field) => string;
}

/** A column that holds a list. */
export const listColumn = (name: string, { element, parse, among }: ListOf): ColumnType => ({
  name,
  cast: `${element}[]`,
  sqlType: () => `${element}[]`,
  indexMethod: 'gin',
  compare: compareLists(element),
  order: asIs,
  aggregates: [],
  toJson: (column) => `to_jsonb(${column})`,
  toText: (column) => `array_to_string(${column}, ', ')`,
  fromText: (text, field) => allowed(parse(text), field, among?.(field)),
  within: (value, field) => allowed(value, field, among?.(field)),
});

/** The list where it holds no more than the field allows, and only what it may hold. */
function allowed(value: string, field: Field, among?: string): string {
  const [least, most] = [numberOption(field, 'minItems'), numberOption(field, 'maxItems')];
  const tests = [
    among === undefined ? [] : `${value} <@ ${among}`,
    least === undefined ? [] : `cardinality(${value}) >= ${least}`,
    most === undefined ? [] : `cardinality(${value}) <= ${most}`,
  ];
  return tests.flat().length === 0 ? value : `(case when ${tests.flat().join(' and ')} then ${value} end)`;
}

export const multiSelect = listColumn('multi-select', {
  element: 'text',
  parse: (text) => `piper.try_texts(${text})`,
  among: choiceList,
});
