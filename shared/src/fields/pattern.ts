/**
 * Regular expressions that can't be made to hang a server: what JavaScript's syntax says, but run as an automaton, in bounded
 * time. Back references and lookarounds need more than an automaton and are refused.
 */
import { limits } from '../limits.ts';
import { boundedMap } from './bounded-map.ts';
import { invalid } from './field-type.ts';

type Node =
  | { kind: 'atom'; test: (sign: string) => boolean }
  | { kind: 'assert'; holds: (before: string, after: string) => boolean }
  | { kind: 'all' | 'any'; of: Node[] }
  | { kind: 'repeat'; of: Node; min: number; max: number };

type Step =
  | { op: 'atom'; test: (sign: string) => boolean }
  | { op: 'assert'; holds: (before: string, after: string) => boolean }
  | { op: 'split'; to: [number, number] }
  | { op: 'jump'; to: number }
  | { op: 'match' };

/** Steps of one automaton: repetitions by number are written out. */
const maxSteps = 5_000;
/** Steps that comparing a text may take, for each of its characters and some more: what needs more keeps everybody waiting. */
const stepsPerCharacter = 100;
const charactersMore = 20;
/** Patterns come from definitions, of which there are few, and from filters, of which there are many. */
const compiled = boundedMap<(text: string) => boolean>(300);

/**
 * Says whether a text holds what the pattern describes. Throws InvalidValue for a pattern that is wrong, too long or refused, and
 * then for a text that would take too long.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const found = compiled.get(source);
  if (found) return found;
  if (source.length > limits.pattern) invalid(`must have at most ${limits.pattern} characters`);
  try {
    void new RegExp(source, 'u');
  } catch {
    invalid('is not a valid regular expression');
  }
  const steps: Step[] = [];
  emit(parsePattern(source), steps);
  push(steps, { op: 'match' });
  const matches = (text: string): boolean => run(steps, text);
  compiled.set(source, matches);
  return matches;
}

const refused: [RegExp, string][] = [
  [/^\(\?(?:[=!]|<[=!])/, 'must not look ahead or behind'],
  [/^\(\?[a-z-]+:/, 'must not switch modifiers'],
  [/^\\(?:[1-9]|k<)/, 'must not refer back to a group'],
];
const groupStart = /^\((?:\?:|\?<[^>]+>)?/;
const boundary: Record<string, Node> = {
  '^': { kind: 'assert', holds: (before) => before === '' },
  $: { kind: 'assert', holds: (_, after) => after === '' },
  '\\b': { kind: 'assert', holds: (before, after) => isWord(before) !== isWord(after) },
  '\\B': { kind: 'assert', holds: (before, after) => isWord(before) === isWord(after) },
};
const isWord = (sign: string): boolean => /^\w$/.test(sign);
/** One unit that stands for one character; the syntax was checked before. */
const atom =
  /^(?:\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[0-9a-fA-F]{4}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|\\x[0-9a-fA-F]{2}|\\c[a-zA-Z]|\\.|\[(?:\\.|[^\]\\])*\]|.)/su;
const quantifier = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/;

/** Reads the pattern from left to right, with a stack of open groups. */
function parsePattern(source: string): Node {
  interface Level {
    branches: Node[][];
  }
  const levels: Level[] = [{ branches: [[]] }];
  const items = (): Node[] => levels.at(-1)!.branches.at(-1)!;
  const close = ({ branches }: Level): Node => ({ kind: 'any', of: branches.map((of) => ({ kind: 'all', of })) });
  let rest = source;
  const take = (length: number): void => void (rest = rest.slice(length));
  while (rest !== '') {
    const edge = Object.keys(boundary).find((sign) => rest.startsWith(sign));
    for (const [form, problem] of refused) if (form.test(rest)) invalid(problem);
    if (rest.startsWith('|')) {
      levels.at(-1)!.branches.push([]);
      take(1);
    } else if (rest.startsWith('(')) {
      levels.push({ branches: [[]] });
      take(groupStart.exec(rest)![0].length);
    } else if (edge !== undefined) {
      items().push(boundary[edge]!);
      take(edge.length);
    } else {
      const closes = rest.startsWith(')');
      const part = closes ? close(levels.pop()!) : atomOf(atom.exec(rest)![0]);
      take(closes ? 1 : atom.exec(rest)![0].length);
      const times = quantifier.exec(rest);
      take(times?.[0].length ?? 0);
      items().push(times ? repeat(part, times) : part);
    }
  }
  return close(levels[0]!);
}

function atomOf(source: string): Node {
  const form = new RegExp(`^(?:${source})$`, 'u');
  const known = new Map<string, boolean>();
  return {
    kind: 'atom',
    test: (sign) => {
      const found = known.get(sign);
      if (found !== undefined) return found;
      if (known.size > 1_000) known.clear();
      const fits = form.test(sign);
      known.set(sign, fits);
      return fits;
    },
  };
}

function repeat(of: Node, [sign, least = '0', comma = '', most = '']: RegExpExecArray): Node {
  const bounds: Record<string, [number, number]> = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] };
  const [min, max] = bounds[sign.charAt(0)] ?? [Number(least), comma === '' ? Number(least) : Number(most || Infinity)];
  return { kind: 'repeat', of, min, max };
}

function push(steps: Step[], step: Step): number {
  if (steps.length >= maxSteps) invalid('is too complex: it repeats too much by number');
  return steps.push(step) - 1;
}

function emit(node: Node, steps: Step[]): void {
  switch (node.kind) {
    case 'atom':
      push(steps, { op: 'atom', test: node.test });
      return;
    case 'assert':
      push(steps, { op: 'assert', holds: node.holds });
      return;
    case 'all':
      for (const part of node.of) emit(part, steps);
      return;
    case 'any':
      emitBranches(node.of, steps);
      return;
    case 'repeat':
      emitRepeat(node, steps);
  }
}

function emitBranches(of: readonly Node[], steps: Step[]): void {
  const ends: number[] = [];
  of.forEach((part, i) => {
    if (i === of.length - 1) return emit(part, steps);
    const split = push(steps, { op: 'split', to: [steps.length + 1, 0] });
    emit(part, steps);
    ends.push(push(steps, { op: 'jump', to: 0 }));
    steps[split] = { op: 'split', to: [split + 1, steps.length] };
  });
  for (const end of ends) steps[end] = { op: 'jump', to: steps.length };
}

function emitRepeat({ of, min, max }: Extract<Node, { kind: 'repeat' }>, steps: Step[]): void {
  // What is repeated may be empty and need no step: its number is bounded before it is written out.
  if (min > maxSteps || (max !== Infinity && max > maxSteps)) invalid('is too complex: it repeats too much by number');
  for (let i = 0; i < min; i++) emit(of, steps);
  if (max === Infinity) {
    const split = push(steps, { op: 'split', to: [0, 0] });
    emit(of, steps);
    push(steps, { op: 'jump', to: split });
    steps[split] = { op: 'split', to: [split + 1, steps.length] };
    return;
  }
  const splits: number[] = [];
  for (let i = min; i < max; i++) {
    splits.push(push(steps, { op: 'split', to: [0, 0] }));
    emit(of, steps);
  }
  for (const split of splits) steps[split] = { op: 'split', to: [split + 1, steps.length] };
}

/** Follows all ways through the automaton at once, one character after another. */
function run(steps: readonly Step[], text: string): boolean {
  const signs = Array.from(text);
  const seen = new Int32Array(steps.length).fill(-1);
  let left = stepsPerCharacter * (signs.length + charactersMore);
  let open: number[] = [];
  let waiting: number[] = [];
  for (let at = 0; at <= signs.length; at++) {
    [open, waiting] = [waiting, open];
    open.push(0);
    while (open.length > 0) {
      const place = open.pop()!;
      if (seen[place] === at) continue;
      seen[place] = at;
      if (left-- <= 0) invalid('takes too long to compare with its pattern');
      const step = steps[place]!;
      if (step.op === 'match') return true;
      if (step.op === 'split') open.push(step.to[0], step.to[1]);
      else if (step.op === 'jump') open.push(step.to);
      else if (passes(step, signs, at)) (step.op === 'atom' ? waiting : open).push(place + 1);
    }
  }
  return false;
}

/** Whether the character at a place, or the border before it, is what the step asks for. */
function passes(step: Extract<Step, { op: 'atom' | 'assert' }>, signs: readonly string[], at: number): boolean {
  const sign = signs[at];
  if (step.op === 'atom') return sign !== undefined && step.test(sign);
  return step.holds(signs[at - 1] ?? '', sign ?? '');
}
