/** What a filter may ask of each field type, as types of the typed client. */
import { fieldTypes, type FieldType } from '@piper/shared/fields/index';
import { isPattern, operatorInfo, type Operator } from '@piper/shared/filter/operators';
import { pascalCase } from '../documents/type-names.ts';

export const operatorsName = (type: string): string => `${pascalCase(type)}Operators`;

/** `T` is the type of the field's values; of a list, of its elements. */
export function operatorTypes(): string {
  const shared = [
    'export type Variable = `$${string}`;',
    'export type Box = readonly [west: number, south: number, east: number, north: number];',
    "export interface Polygon {\n  type: 'Polygon';\n  coordinates: readonly (readonly (readonly [number, number])[])[];\n}",
    'export interface Logic<F> {\n  _and?: readonly F[];\n  _or?: readonly F[];\n}',
    '/** Related records: that there is one, none, or no other; without a word, that there is one. */',
    'export type Many<F> = { _some?: F; _none?: F; _every?: F } | { _null?: boolean; _nnull?: boolean; _empty?: boolean; _nempty?: boolean } | F;',
    '/** A list of related records as it shall be, or what to do to it. */',
    'export type ListChange<T> = readonly T[] | { create?: readonly T[]; update?: readonly T[]; delete?: readonly string[] };',
  ];
  const types = [...fieldTypes.values()].filter((type) => type.operators.length > 0);
  const made = types.map((type) => {
    const lines = type.operators.map((operator) => `  ${operator}?: ${operandType(type, operator)};\n`);
    return `export interface ${operatorsName(type.name)}<T> {\n${lines.join('')}}`;
  });
  return `${[...shared, ...made].join('\n')}\n`;
}

const bare = { id: '', key: '', label: '', type: '' };

function operandType(type: FieldType, operator: Operator): string {
  const value = type.schema(bare)['type'];
  const kind = operatorInfo(operator).operand;
  if (kind === 'flag') return 'boolean';
  if (operator.endsWith('_bbox')) return 'Box | Polygon';
  if (value === 'array') return operator.endsWith('contains') ? 'T' : 'readonly T[]';
  if (value === 'object') return 'Polygon';
  if (isPattern(operator) || operator.endsWith('regex')) return 'string';
  if (kind === 'pair') return 'readonly [T | Variable, T | Variable]';
  if (kind === 'list') return 'readonly (T | Variable)[] | Variable';
  return operator === '_eq' || operator === '_neq' ? 'T | Variable | null' : 'T | Variable';
}
