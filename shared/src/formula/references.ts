/** What a formula refers to, and how its text follows a rename. */
import type { DataModel } from '../data-model.ts';
import { findPath, type ModelSource } from '../filter/path.ts';
import { hasValue } from '../data-model.ts';
import type { Node } from './ast.ts';
import { FormulaError } from './formula-error.ts';
import { tokenize } from './tokenize.ts';
import type { Step } from './typed.ts';

/** The paths of a formula, each once, in order: `[['price'], ['customer', 'name']]`. */
export function referencesOf(node: Node): string[][] {
  const found = new Map<string, string[]>();
  const walk = (part: Node): void => {
    if (part.kind === 'reference') found.set(part.path.join('.'), part.path);
    for (const child of childrenOf(part)) walk(child);
  };
  walk(node);
  return [...found.values()];
}

function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'unary':
      return [node.of];
    case 'binary':
      return [node.left, node.right];
    case 'call':
      return node.args;
    default:
      return [];
  }
}

/** The fields along a path; or why there are none, as the end of a sentence. */
export function resolvePath(path: readonly string[], model: DataModel, models: ModelSource): Step[] | string {
  const [word = '', ...rest] = path;
  const found = findPath(model, word);
  if (!found) return `names no field of ${model.label}`;
  const { field } = found;
  if (rest.length === 0) {
    if (field.key === word && hasValue(field)) return [{ model, field }];
    return field.key === word ? 'is a list, which only a lookup or a rollup can use' : 'is a relation; name a field behind it';
  }
  if (!found.crosses || field.relation?.kind !== 'many-to-one') return `crosses ${word}, which does not lead to one record`;
  const target = models.find(field.relation.target);
  if (!target) return `crosses ${word}, which leads to something that is not there`;
  const steps = resolvePath(rest, target, models);
  return typeof steps === 'string' ? steps : [{ model, field }, ...steps];
}

/** The text with each path replaced by what `rewrite` gives for it; everything else stays as written. What can't be read stays altogether. */
export function rewriteReferences(formula: string, rewrite: (path: string[]) => readonly string[]): string {
  let result = '';
  let done = 0;
  for (const token of tokensOf(formula)) {
    if (token.kind !== 'reference') continue;
    const parts = token.text.split('.');
    const words = rewrite(parts.map((part) => part.trim()));
    // White space around the words is the writer's.
    const text = parts.map((part, i) => part.replace(part.trim(), () => words[i] ?? part.trim())).join('.');
    result += `${formula.slice(done, token.at)}{${text}}`;
    done = token.until;
  }
  return result + formula.slice(done);
}

function tokensOf(formula: string): ReturnType<typeof tokenize> {
  try {
    return tokenize(formula);
  } catch (error) {
    if (error instanceof FormulaError) return [];
    throw error;
  }
}

/** The text after a field of the formula's own model got another key. */
export const renameReference = (formula: string, from: string, to: string): string =>
  rewriteReferences(formula, ([word = '', ...rest]) => [word === from ? to : word, ...rest]);

export interface RenamedField {
  /** Id of the model whose field it is. */
  model: string;
  /** Id of the field. */
  field: string;
  to: string;
}

/** The text after a field of any model got another key: every step of a path that leads over that field is rewritten. `models` are the definitions before the rename. */
export function renameInFormula(formula: string, of: { model: DataModel; models: ModelSource }, renamed: RenamedField): string {
  return rewriteReferences(formula, (path) => {
    const words = [...path];
    let model: DataModel | undefined = of.model;
    for (let i = 0; i < path.length && model; i++) {
      const field: DataModel['fields'][number] | undefined = findPath(model, path[i]!)?.field;
      if (!field) break;
      if (model.id === renamed.model && field.id === renamed.field) words[i] = renamed.to;
      model = field.relation?.kind === 'many-to-one' ? of.models.find(field.relation.target) : undefined;
    }
    return words;
  });
}
