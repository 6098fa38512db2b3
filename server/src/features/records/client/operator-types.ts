/** What a filter may ask of each field type, as types of the typed client. */
import { fieldTypes, type FieldType, type JsonSchema } from '@piper/shared/fields/index';
import { isPattern, operatorInfo, type Operator } from '@piper/shared/filter/operators';
import { pascalCase } from '../documents/type-names.ts';
import { typeOf } from './write-types.ts';

export const operatorsName = (type: string): string => `${pascalCase(type)}Operators`;

/** The type of what may be asked of such values; of a list, its elements are meant. */
export function operatorsOn(typeName: string, value: JsonSchema): string {
  const name = operatorsName(typeName);
  return operatorLines(fieldTypes.get(typeName)!).some(namesT) ? `${name}<${typeOf(value)}>` : name;
}

const namesT = (line: string): boolean => /\bT\b/.test(line);
const operatorLines = (type: FieldType): string[] =>
  type.operators.map((operator) => `  ${operator}?: ${operandType(type, operator)};\n`);

/** `T` is the type of the field's values; of a list, of its elements. */
export function operatorTypes(): string {
  const shared = [
    'export type Variable = `$${string}`;',
    '/** A variable that stands for a whole list. */',
    "export type ListVariable = '$CURRENT_ROLES' | `$CURRENT_USER.${string}`;",
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
    const lines = operatorLines(type);
    return `export interface ${operatorsName(type.name)}${lines.some(namesT) ? '<T>' : ''} {\n${lines.join('')}}`;
  });
  return `${[...shared, ...made].join('\n')}\n`;
}

const bare = { id: '', key: '', label: '', type: '' };

const several = 'readonly (T | Variable)[] | ListVariable';

function listOperand(operator: Operator): string {
  if (operator.endsWith('contains')) return 'T | Variable';
  return operator.endsWith('intersects') ? several : 'readonly T[]';
}

function operandType(type: FieldType, operator: Operator): string {
  const value = type.schema(bare)['type'];
  const kind = operatorInfo(operator).operand;
  if (kind === 'flag') return 'boolean';
  if (operator.endsWith('_bbox')) return 'Box | Polygon';
  if (value === 'array') return listOperand(operator);
  if (value === 'object') return 'Polygon';
  if (isPattern(operator) || operator.endsWith('regex')) return 'string';
  if (kind === 'pair') return 'readonly [T | Variable, T | Variable]';
  if (kind === 'list') return several;
  return operator === '_eq' || operator === '_neq' ? 'T | Variable | null' : 'T | Variable';
}
