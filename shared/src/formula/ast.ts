/** The parsed form of a formula, as written: names are not looked up yet. `at` is the index of the character it begins at. */
export type Node =
  | { kind: 'number'; text: string; at: number }
  | { kind: 'text'; value: string; at: number }
  | { kind: 'boolean'; value: boolean; at: number }
  | { kind: 'null'; at: number }
  /** `{price}` is `['price']`, `{customer.name}` crosses a relation. */
  | { kind: 'reference'; path: string[]; at: number }
  | { kind: 'unary'; operator: UnaryOperator; of: Node; at: number }
  | { kind: 'binary'; operator: BinaryOperator; left: Node; right: Node; at: number }
  /** The name in capitals. */
  | { kind: 'call'; name: string; args: Node[]; at: number };

export type UnaryOperator = '-' | 'not';

/** How strongly an operator binds; `not` stands between `and` and the comparisons, the sign between `*` and `^`. */
export const binaryOperators = {
  or: 1,
  and: 2,
  '=': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '&': 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
  '%': 7,
  '^': 9,
} as const;
export type BinaryOperator = keyof typeof binaryOperators;

export const unaryOperators = { not: 3, '-': 8 } as const satisfies Record<UnaryOperator, number>;
export const comparisonStrength = binaryOperators['='];
export const powerStrength = binaryOperators['^'];

export const isBinaryOperator = (text: string): text is BinaryOperator => Object.hasOwn(binaryOperators, text);
