/**
 * `npm test`: brings what it needs, then checks, API tests, the web build and the browser's journeys. Closes with one
 * line, `N passed, N failed`. `npm test -- <file>` runs only the tests of these files.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages, findNode, root } from './packages.mjs';
import { runChecks } from './check.mjs';
import { isWebAppBuilt } from './web-build.mjs';

installPackages({ full: true });
const node = findNode();
const files = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'piper-results-'));
const total = { passed: 0, failed: 0 };

try {
  if (files.length === 0) {
    addChecks(await runChecks());
    runTests('api');
    if (buildWeb()) runTests('browser');
    else count({ passed: 0, failed: 1 });
  } else {
    const journeys = files.some((file) => file.includes('e2e'));
    if (!journeys || buildWeb()) runTests(journeys ? 'browser' : 'api', files);
    else count({ passed: 0, failed: 1 });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

function count({ passed, failed }) {
  total.passed += passed;
  total.failed += failed;
}

function addChecks({ passed, failed }) {
  count({ passed, failed: failed.length });
}

/** In a process of its own: a failing build must not end this one before it has told the result. */
function buildWeb() {
  if (isWebAppBuilt()) return true;
  return run(node, [join(root, 'scripts/build.mjs')]) === 0;
}

function runTests(project, only = []) {
  const report = join(folder, `${project}.json`);
  process.stdout.write(`\n— ${project} tests —\n`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project, ...reporters, ...only]);
  count(readReport(report, code));
}

/** A run that broke without a failed test (an import that fails, an unhandled error) counts as one failure. */
function readReport(report, code) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const brokenFiles = testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    );
    const failed = numFailedTests + brokenFiles.length;
    return { passed: numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function run(program, args) {
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };
  const result = spawnSync(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error) process.stderr.write(`${program} could not be run: ${result.error.message}\n`);
  return result.status ?? 1;
}
