/** The operators of the filter language: Directus' names, and what kind of operand each takes. */
export type OperandKind = 'one' | 'list' | 'pair' | 'flag';

export interface OperatorInfo {
  operand: OperandKind;
  /** Why only SQL can answer it: it knows every script's case folding. */
  onlySql?: string;
}

export const operators = {
  _eq: { operand: 'one' },
  _neq: { operand: 'one' },
  _lt: { operand: 'one' },
  _lte: { operand: 'one' },
  _gt: { operand: 'one' },
  _gte: { operand: 'one' },
  _in: { operand: 'list' },
  _nin: { operand: 'list' },
  _between: { operand: 'pair' },
  _nbetween: { operand: 'pair' },
  _null: { operand: 'flag' },
  _nnull: { operand: 'flag' },
  _empty: { operand: 'flag' },
  _nempty: { operand: 'flag' },
  _regex: { operand: 'one', onlySql: 'matches a regular expression' },
  _nregex: { operand: 'one', onlySql: 'matches a regular expression' },
  _intersects: { operand: 'one' },
  _nintersects: { operand: 'one' },
  _intersects_bbox: { operand: 'one' },
  _nintersects_bbox: { operand: 'one' },
  _contains: { operand: 'one' },
  _ncontains: { operand: 'one' },
  _starts_with: { operand: 'one' },
  _nstarts_with: { operand: 'one' },
  _ends_with: { operand: 'one' },
  _nends_with: { operand: 'one' },
  _icontains: { operand: 'one', onlySql: 'folds case' },
  _nicontains: { operand: 'one', onlySql: 'folds case' },
  _istarts_with: { operand: 'one', onlySql: 'folds case' },
  _nistarts_with: { operand: 'one', onlySql: 'folds case' },
  _iends_with: { operand: 'one', onlySql: 'folds case' },
  _niends_with: { operand: 'one', onlySql: 'folds case' },
} as const satisfies Record<string, OperatorInfo>;

export type Operator = keyof typeof operators;
export type FlagOperator = '_null' | '_nnull' | '_empty' | '_nempty';
export type PatternOperator = Extract<Operator, `${string}${'contains' | 'with'}`>;

export const isOperator = (key: string): key is Operator => Object.hasOwn(operators, key);
export const operatorInfo = (operator: Operator): OperatorInfo => operators[operator];
export const isPattern = (operator: Operator): operator is PatternOperator => /contains$|with$/.test(operator);
export const isFlag = (operator: Operator): operator is FlagOperator => operators[operator].operand === 'flag';

/** The groups from which field types put their lists together. */
export const nullOperators = ['_null', '_nnull'] as const;
export const equalityOperators = ['_eq', '_neq', '_in', '_nin', ...nullOperators] as const;
export const orderOperators = ['_lt', '_lte', '_gt', '_gte', '_between', '_nbetween'] as const;
export const emptyOperators = ['_empty', '_nempty'] as const;
export const regexOperators = ['_regex', '_nregex'] as const;
/** Of a field that holds a list: has one, has any of several. */
export const listOperators = [
  '_contains',
  '_ncontains',
  '_intersects',
  '_nintersects',
  ...emptyOperators,
  ...nullOperators,
] as const;
export const patternOperators = (Object.keys(operators) as Operator[]).filter(isPattern);

/** Where the operand must stand in the text. */
export type PatternPlace = 'anywhere' | 'start' | 'end';

/** Takes a pattern operator apart: `_nistarts_with` is negated, folds case, at the start. */
export function patternParts(operator: PatternOperator): { negated: boolean; foldsCase: boolean; place: PatternPlace } {
  const [, negated, folds, word] = /^_(n?)(i?)(contains|starts_with|ends_with)$/.exec(operator)!;
  const place = word === 'contains' ? 'anywhere' : word === 'starts_with' ? 'start' : 'end';
  return { negated: negated === 'n', foldsCase: folds === 'i', place };
}
