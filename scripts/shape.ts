/**
 * The shape of the code: how large files are, how much they import, what they are called. Prints one table, and fails
 * above the limits. What lint can count (functions, parameters, complexity) is lint's; see .oxlintrc.json.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const limits = { lines: 400, testLines: 800, imports: 20 };

/** Files that may be larger, each with its reason. This list is meant to shrink. */
const exceptions: Record<string, string> = {};

/** Registries of field types: one import an entry is all they know. */
const registries = new Set(['shared/src', 'server/src/platform/records', 'web/src'].map((place) => `${place}/fields/index.ts`));

interface Shape {
  path: string;
  area: string;
  lines: number;
  imports: number;
  isTest: boolean;
  text: string;
}

const areas = ['server/src/platform', 'server/src/features', 'server/src', 'shared', 'web', 'test', 'e2e', 'bench', 'scripts'];

function readShapes(): Shape[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...areas], {
    cwd: root,
    encoding: 'utf8',
  });
  const paths = listed.split('\n').filter((path) => /\.(ts|tsx|mjs|cjs)$/.test(path) && !path.endsWith('.gen.ts'));
  return paths.filter((path) => existsSync(join(root, path))).map(readShape);
}

function readShape(path: string): Shape {
  const text = readFileSync(join(root, path), 'utf8');
  return {
    path,
    area: areas.find((area) => path.startsWith(`${area}/`)) ?? 'other',
    lines: countCodeLines(text),
    imports: text.match(/^import\s/gm)?.length ?? 0,
    isTest: /(\.test\.tsx?$|^test\/|^e2e\/)/.test(path),
    text,
  };
}

/** Lines that are neither blank nor comment. */
function countCodeLines(text: string): number {
  const withoutComments = text.replaceAll(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '');
  return withoutComments.split('\n').filter((line) => /\S/.test(line) && !/^\s*\/\//.test(line)).length;
}

const vague = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'manager']);

const mostImports = (path: string, isTest: boolean): number => (isTest || registries.has(path) ? Infinity : limits.imports);

function problemsOf({ path, lines, imports, isTest, text }: Shape): string[] {
  const problems: string[] = [];
  const stem = basename(path)
    .replace(/^\./, '')
    .replace(/(\.test)?\.\w+$/, '');
  const limit = isTest ? limits.testLines : limits.lines;
  if (lines > limit && !exceptions[path])
    problems.push(`${path} has ${lines} lines of code; at most ${limit}. Divide it by subject.`);
  if (imports > mostImports(path, isTest))
    problems.push(`${path} has ${imports} imports; at most ${limits.imports}. It knows too much.`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(stem)) problems.push(`${path}: file names are kebab-case.`);
  if (stem.split('.').some((part) => vague.has(part))) problems.push(`${path}: name the subject, not "${stem}".`);
  for (const line of text.split('\n')) {
    const match = /(?:\/\/|\/\*)\s*(oxlint-disable\S*|@ts-expect-error|@ts-ignore|@ts-nocheck)(.*)/.exec(line);
    if (match && !/(--|:)\s*\S{3}/.test(match[2] ?? ''))
      problems.push(`${path}: ${match[1]} without its reason ("-- because …").`);
  }
  return problems;
}

function unusedExceptions(shapes: readonly Shape[]): string[] {
  const large = new Set(shapes.filter(({ lines }) => lines > limits.lines).map(({ path }) => path));
  return Object.keys(exceptions).flatMap((path) =>
    large.has(path) ? [] : [`The exception for ${path} in scripts/shape.ts is no longer needed.`],
  );
}

function printTable(shapes: readonly Shape[]): void {
  const rows = [...areas.map((area) => [area, shapes.filter((shape) => shape.area === area)] as const), ['all', shapes] as const];
  console.log(['', 'files', 'lines', 'median', 'p90', 'largest'].map(cell).join(''));
  for (const [name, files] of rows) {
    if (files.length === 0) continue;
    const sizes = files.map(({ lines }) => lines).toSorted((a, b) => a - b);
    const at = (share: number): number => sizes[Math.floor((sizes.length - 1) * share)] ?? 0;
    const largest = files.reduce((a, b) => (b.lines > a.lines ? b : a));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log([name, files.length, total, at(0.5), at(0.9), largest.lines].map(cell).join('') + `  ${largest.path}`);
  }
}

const cell = (value: string | number, column: number): string =>
  column === 0 ? String(value).padEnd(22) : String(value).padStart(8);

const shapes = readShapes();
const problems = [...shapes.flatMap(problemsOf), ...unusedExceptions(shapes)];
printTable(shapes);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
