/** `npm run fix`: repairs what lint can, then formats; only the given files when there are any. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installPackages, root } from './packages.mjs';
import { tool } from './check.mjs';

installPackages({ full: true });
const files = process.argv.slice(2);
const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };
const run = (name, args) => spawnSync(tool(name), [...args, ...files], { cwd: root, env, stdio: 'inherit' }).status ?? 1;
const lint = run('oxlint', ['--type-aware', '--fix']);
const format = run('oxfmt', []);
process.exitCode = lint || format;
