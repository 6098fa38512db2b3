/** `npm run check`: everything about the code that can be told without running it. All steps run, two at a time, and each says what is wrong. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, findNode, root } from './packages.mjs';

const sourceFolders = ['server/src', 'shared/src', 'web/src', 'test', 'e2e', 'bench'].filter((folder) =>
  existsSync(join(root, folder)),
);

/** Where npm put a tool; known only once it is installed. */
export function tool(name) {
  const nested = join(root, 'scripts/node_modules/.bin', name);
  return existsSync(nested) ? nested : join(root, 'node_modules/.bin', name);
}

const listSteps = () => [
  { name: 'lint', command: [tool('oxlint'), '--type-aware'], hint: 'npm run fix repairs some of it.' },
  { name: 'format', command: [tool('oxfmt'), '--check'], hint: 'npm run fix formats the code.' },
  {
    name: 'imports',
    command: [tool('depcruise'), '--config', '.dependency-cruiser.cjs', ...sourceFolders],
    hint: 'The table of allowed imports is .dependency-cruiser.cjs.',
  },
  ...['shared', 'server', 'web', 'e2e'].map((workspace) => ({
    name: `types of ${workspace}`,
    command: [tool('tsc'), '-p', workspace],
  })),
  { name: 'shape', command: [findNode(), 'scripts/shape.ts'], hint: 'The limits stand in scripts/shape.ts.', shows: true },
  ...['docs', 'routes'].map((what) => ({
    name: `generated ${what}`,
    command: [findNode(), `scripts/gen-${what}.ts`, '--check'],
    hint: `node scripts/gen-${what}.ts makes them anew.`,
  })),
];

/** Runs all steps and prints their results. Returns how many passed and the names of those that failed. */
export async function runChecks() {
  const started = performance.now();
  const steps = listSteps();
  const waiting = [...steps];
  const failed = [];
  const work = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) if (!(await runStep(step))) failed.push(step.name);
  };
  await Promise.all([work(), work()]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict =
    failed.length === 0 ? 'All checks passed' : `${failed.length} of ${steps.length} checks failed (${failed.join(', ')})`;
  process.stdout.write(`${verdict} in ${seconds} s.\n`);
  return { passed: steps.length - failed.length, failed };
}

async function runStep({ name, command, hint, shows }) {
  const started = performance.now();
  const [program, ...args] = command;
  const { code, output } = await run(program, args);
  const ok = code === 0;
  const head = `${ok ? '✓' : '✗'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`;
  const body = ok && !shows ? '' : `${output.trim()}\n`;
  process.stdout.write(head + body + (ok || !hint ? '' : `→ ${hint}\n`));
  return ok;
}

/** The tools' `node` is Node 24, whatever the system has. */
function run(program, args) {
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, NO_COLOR: '1', FORCE_COLOR: '0' };
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 1, output: `${program} could not be run: ${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installPackages({ full: true });
  const { failed } = await runChecks();
  process.exitCode = failed.length > 0 ? 1 : 0;
}
