/** Writes a formula from its parts, with the parentheses it needs and no others. */
import { binaryOperators, powerStrength, unaryOperators, type Node } from './ast.ts';

/** The formula as text; parsed again it has the same parts. */
export const printFormula = (node: Node): string => print(node, 0);

/** `least`: the strength its surroundings ask for. */
function print(node: Node, least: number): string {
  switch (node.kind) {
    case 'number':
      return node.text;
    case 'text':
      return `'${node.value.replaceAll(/[\\']/g, (sign) => `\\${sign}`)}'`;
    case 'boolean':
      return String(node.value);
    case 'null':
      return 'null';
    case 'reference':
      return `{${node.path.join('.')}}`;
    case 'call':
      return `${node.name}(${node.args.map((arg) => print(arg, 0)).join(', ')})`;
    case 'unary':
      return enclose(`${node.operator === 'not' ? 'not ' : '-'}${print(node.of, unaryOperators[node.operator])}`, node, least);
    case 'binary':
      return enclose(printBinary(node), node, least);
  }
}

function printBinary(node: Extract<Node, { kind: 'binary' }>): string {
  const strength = binaryOperators[node.operator];
  const right = strength === powerStrength ? strength : strength + 1;
  // Comparisons do not chain, and what stands left of a power is taken as a whole.
  const left = strength === powerStrength || strength === binaryOperators['='] ? strength + 1 : strength;
  return `${print(node.left, left)} ${node.operator} ${print(node.right, right)}`;
}

function enclose(text: string, node: Extract<Node, { kind: 'unary' | 'binary' }>, least: number): string {
  const strength = node.kind === 'unary' ? unaryOperators[node.operator] : binaryOperators[node.operator];
  return strength < least ? `(${text})` : text;
}
