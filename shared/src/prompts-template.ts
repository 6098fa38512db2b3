/**
 * Prompts with variables: `{{name}}` stands for a value, `{{{{` for two literal braces. There are no expressions and
 * nothing is evaluated; values are put in once, so a value that holds `{{other}}` stays as it is. Pure: the server
 * renders with it, the web previews and highlights with it.
 */
import { limits } from './limits.ts';

export type VariableType = 'text' | 'number' | 'boolean' | 'select' | 'date';
export type VariableValue = string | number | boolean;

export interface PromptVariable {
  name: string;
  type: VariableType;
  /** Choices of a `select`. */
  options?: string[];
  /** Used when no value is given. A variable without one must be given. */
  default?: VariableValue;
  description?: string;
}

/** As a caller declares it; the type is `text` when left out. */
export type VariableInput = Omit<PromptVariable, 'type'> & { type?: VariableType };

export interface VariableProblem {
  variable: string;
  problem: 'missing' | 'wrong_type' | 'not_a_name' | 'duplicate' | 'no_options' | 'bad_default' | 'too_many' | 'too_long';
  /** For the person who has to correct it. */
  message: string;
}

/** Text as it is, or a variable; `at` and `length` say where in the content it stands. */
export type TemplatePiece =
  | { kind: 'text'; text: string; at: number; length: number }
  | { kind: 'variable'; name: string; at: number; length: number }
  | { kind: 'mistake'; text: string; at: number; length: number };

// Linear in time: what stands between braces ends at the next brace. Trimming here by \s* would not be.
const token = /\{\{\{\{|\{\{([^{}\n]*)\}\}/gu;
const namePattern = /^[\p{L}_][\p{L}\p{N}_]*$/u;
/** What somebody meant as a name; anything else between braces (JSON, code) is text. */
const nameLike = /^[\p{L}\p{N}_ .-]*$/u;

export const isVariableName = (name: string): boolean => name.length <= limits.promptVariableName && namePattern.test(name);

/** Cuts a content into text, variables and mistakes (`{{first name}}`), in order and without gaps. */
export function parseTemplate(content: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let done = 0;
  const addText = (text: string, at: number, length: number): void => {
    if (length > 0) pieces.push({ kind: 'text', text, at, length });
  };
  for (const match of content.matchAll(token)) {
    const [whole] = match;
    const inner = match[1]?.trim();
    if (inner !== undefined && !nameLike.test(inner)) continue;
    addText(content.slice(done, match.index), done, match.index - done);
    done = match.index + whole.length;
    if (inner === undefined) addText('{{', match.index, whole.length);
    else if (isVariableName(inner)) pieces.push({ kind: 'variable', name: inner, at: match.index, length: whole.length });
    else pieces.push({ kind: 'mistake', text: whole, at: match.index, length: whole.length });
  }
  addText(content.slice(done), done, content.length - done);
  return pieces;
}

/** Names of the variables in `content`, each once, in the order of their first use. */
export function variableNames(content: string): string[] {
  const names = parseTemplate(content).flatMap((piece) => (piece.kind === 'variable' ? [piece.name] : []));
  return [...new Set(names)];
}

export type Completed = { ok: true; variables: PromptVariable[] } | { ok: false; problems: VariableProblem[] };

/** Checks a content and the variables declared for it; those that are used but not declared are added as text. */
export function completeVariables(content: string, declared: readonly VariableInput[]): Completed {
  const typed = declared.map((variable): PromptVariable => ({ type: 'text', ...variable }));
  const known = new Set(typed.map((variable) => variable.name));
  const added = variableNames(content).filter((name) => !known.has(name));
  const variables = [...typed, ...added.map((name): PromptVariable => ({ name, type: 'text' }))];
  const problems = [...contentProblems(content), ...duplicates(typed), ...typed.flatMap(declarationProblems)];
  if (variables.length > limits.promptVariables) {
    const message = `A prompt has at most ${limits.promptVariables} variables; this one would have ${variables.length}.`;
    problems.push({ variable: '', problem: 'too_many', message });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, variables };
}

function contentProblems(content: string): VariableProblem[] {
  return parseTemplate(content).flatMap((piece) =>
    piece.kind === 'mistake' ? [{ variable: piece.text, problem: 'not_a_name', message: notAName(piece.text) }] : [],
  );
}

const notAName = (text: string): string =>
  `${text} is not a variable: a name has letters, digits and _, begins with a letter, and has at most ` +
  `${limits.promptVariableName} characters. For literal braces write {{{{.`;

function duplicates(variables: readonly PromptVariable[]): VariableProblem[] {
  const seen = new Set<string>();
  return variables.flatMap(({ name }) => {
    if (!seen.has(name)) return (seen.add(name), []);
    return [{ variable: name, problem: 'duplicate', message: `The variable ${name} is declared twice.` }];
  });
}

function declarationProblems(variable: PromptVariable): VariableProblem[] {
  const { name, type, options } = variable;
  if (!isVariableName(name)) return [{ variable: name, problem: 'not_a_name', message: notAName(name) }];
  if (type === 'select' && (options === undefined || options.length === 0)) {
    return [{ variable: name, problem: 'no_options', message: `The variable ${name} is a choice and needs options.` }];
  }
  if (variable.default === undefined || isOfType(variable, variable.default)) return [];
  return [{ variable: name, problem: 'bad_default', message: `The default of ${name} must be ${expected(variable)}.` }];
}

function isOfType(variable: PromptVariable, value: unknown): value is VariableValue {
  switch (variable.type) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'select':
      return typeof value === 'string' && (variable.options ?? []).includes(value);
    case 'date':
      return typeof value === 'string' && isDate(value);
  }
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

function expected(variable: PromptVariable): string {
  switch (variable.type) {
    case 'text':
      return 'a text';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'select':
      return `one of ${(variable.options ?? []).map((option) => JSON.stringify(option)).join(', ')}`;
    case 'date':
      return 'a date like 2026-01-31';
  }
}

export type Rendered = { ok: true; text: string } | { ok: false; problems: VariableProblem[] };

/** Fills in the values, and defaults where none is given; lists every value that is missing or of the wrong type. Values of unknown names are ignored. */
export function renderPrompt(
  content: string,
  variables: readonly PromptVariable[],
  values: Readonly<Record<string, unknown>>,
): Rendered {
  const pieces = parseTemplate(content);
  const used = new Set(pieces.flatMap((piece) => (piece.kind === 'variable' ? [piece.name] : [])));
  const declared = new Map(variables.map((variable) => [variable.name, variable]));
  const problems: VariableProblem[] = [];
  const texts = new Map<string, string>();
  for (const name of used) {
    const variable = declared.get(name) ?? { name, type: 'text' };
    const value = given(values, name) ?? variable.default;
    if (value === undefined) problems.push({ variable: name, problem: 'missing', message: `${name} has no value.` });
    else if (isOfType(variable, value)) texts.set(name, String(value));
    else problems.push({ variable: name, problem: 'wrong_type', message: `${name} must be ${expected(variable)}.` });
  }
  return problems.length > 0 ? { ok: false, problems } : join(pieces, texts);
}

/** Only own properties, so that a variable named `constructor` has no value by accident; null is "not given". */
const given = (values: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(values, name) ? (values[name] ?? undefined) : undefined;

function join(pieces: readonly TemplatePiece[], texts: ReadonlyMap<string, string>): Rendered {
  const parts = pieces.map((piece) => (piece.kind === 'variable' ? (texts.get(piece.name) ?? '') : piece.text));
  // Counted before joining: a short content may repeat a long value thousands of times.
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length <= limits.promptRendered) return { ok: true, text: parts.join('') };
  const message = `With its values the prompt has ${length} characters; at most ${limits.promptRendered} are allowed.`;
  return { ok: false, problems: [{ variable: '', problem: 'too_long', message }] };
}
