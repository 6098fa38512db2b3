/** The types of operators: what stands on either side, and what comes out. */
import type { BinaryOperator, Node } from './ast.ts';
import { quoted, refuseFormula } from './formula-error.ts';
import { call, convert, type Typed } from './typed.ts';
import { commonType, describeType, fits, type ValueType } from './value-types.ts';

type Operation = Extract<Node, { kind: 'unary' | 'binary' }>;

/** The operation over operands that were checked already. Throws FormulaError. */
export function checkOperator(node: Operation, operands: Typed[]): Typed {
  const { operator } = node;
  switch (operator) {
    case 'not':
    case 'and':
    case 'or':
      return call(operator, 'boolean', takeAll(node, operands, 'boolean'));
    case '&':
      return call(
        'CONCAT',
        'text',
        operands.map((operand) => convert(operand, 'text')),
      );
    case '^':
      return call('POWER', 'number', takeAll(node, operands, 'number'));
    case '/':
      return call('/', 'number', takeAll(node, operands, 'number'));
    case '-':
    case '+':
    case '*':
    case '%':
      return arithmetic(node, operands);
    default:
      return comparison(node, operator, operands as [Typed, Typed]);
  }
}

function takeAll(node: Operation, operands: Typed[], type: ValueType): Typed[] {
  operands.forEach((operand, i) => {
    if (!fits(operand.type, type))
      refuseFormula(
        operandAt(node, i),
        `${quoted(node.operator)} takes ${describeType(type)} here, not ${describeType(operand.type)}.${hintFor(node, operand)}`,
      );
  });
  return operands.map((operand) => convert(operand, type));
}

function operandAt(node: Operation, i: number): number {
  if (node.kind === 'unary') return node.of.at;
  return (i === 0 ? node.left : node.right).at;
}

function hintFor({ operator }: Operation, { type }: Typed): string {
  if (operator === '+' && type === 'text') return ' Texts are joined by &.';
  const isDate = type === 'date' || type === 'date-time';
  return isDate && (operator === '+' || operator === '-') ? ' Dates are counted with DATE_ADD and DATE_DIFF.' : '';
}

function arithmetic(node: Operation, operands: Typed[]): Typed {
  const name = node.kind === 'unary' ? 'negate' : node.operator;
  const isWhole = operands.every(({ type }) => type === 'integer');
  return call(name, isWhole ? 'integer' : 'number', takeAll(node, operands, 'number'));
}

function comparison(node: Operation, operator: BinaryOperator, [left, right]: [Typed, Typed]): Typed {
  const isEquality = operator === '=' || operator === '!=';
  if (isEquality && (left.type === 'null' || right.type === 'null')) return comparedWithNull(node, operator, [left, right]);
  const common = commonType([left.type, right.type]);
  if (common === undefined)
    return refuseFormula(
      node.at,
      `${quoted(operator)} can't compare ${describeType(left.type)} with ${describeType(right.type)}.`,
    );
  if (common === 'null') return refuseFormula(node.at, `${quoted(operator)} compares nothing but null.`);
  if (common === 'boolean' && !isEquality)
    return refuseFormula(node.at, `${quoted(operator)} can't compare ${describeType(common)}; use = or !=.`);
  return call(operator, 'boolean', [convert(left, common), convert(right, common)]);
}

/** `{due} = null` asks whether the value is missing. */
function comparedWithNull(node: Operation, operator: '=' | '!=', [left, right]: [Typed, Typed]): Typed {
  const subject = left.type === 'null' ? right : left;
  if (subject.type === 'null') refuseFormula(node.at, `${quoted(operator)} compares nothing but null.`);
  return call(operator === '=' ? 'is null' : 'is not null', 'boolean', [subject]);
}
