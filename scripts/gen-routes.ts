/**
 * Writes web/src/platform/routes.gen.ts: name → method and path of every contract in shared/src, and its type. The
 * browser gets this table instead of the contracts, so no schema library is part of the web app.
 * `node scripts/gen-routes.ts` writes it, `--check` only says whether it is current.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const sharedUrl = new URL('../shared/src/', import.meta.url);
const targetUrl = new URL('../web/src/platform/routes.gen.ts', import.meta.url);

interface Found {
  module: string;
  name: string;
  method: string;
  path: string;
}

const isContract = (value: unknown): value is { method: string; path: string } =>
  typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'reply' in value && 'access' in value;

async function findContracts(): Promise<Found[]> {
  const modules = readdirSync(sharedUrl)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort();
  const found: Found[] = [];
  for (const file of modules) {
    const exported = (await import(new URL(file, sharedUrl).href)) as Record<string, unknown>;
    // Sorted: which order a module's names come in depends on who loads it.
    for (const [name, value] of Object.entries(exported).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (isContract(value)) found.push({ module: file.replace(/\.ts$/, ''), name, method: value.method, path: value.path });
    }
  }
  const names = found.map((f) => f.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`Two contracts are called ${twice}; rename one.`);
  return found;
}

const camel = (module: string): string => module.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The text of routes.gen.ts for the contracts as they are now. */
export async function generateRoutes(): Promise<string> {
  const found = await findContracts();
  const modules = [...new Set(found.map((f) => f.module))];
  return [
    '// Made by scripts/gen-routes.ts from the contracts in shared/src. Do not edit: run `node scripts/gen-routes.ts`.',
    ...modules.map((module) => `import type * as ${camel(module)} from '@piper/shared/${module}';`),
    '',
    'export const routeTable = {',
    ...found.map((f) => `  ${f.name}: ['${f.method}', '${f.path}'],`),
    '} as const;',
    '',
    'export interface RouteContracts {',
    ...found.map((f) => `  ${f.name}: typeof ${camel(f.module)}.${f.name};`),
    '}',
    '',
  ].join('\n');
}

async function main(): Promise<void> {
  const text = await generateRoutes();
  if (!process.argv.includes('--check')) return writeFileSync(targetUrl, text);
  if (readFileSync(targetUrl, 'utf8') === text) return;
  process.stderr.write('web/src/platform/routes.gen.ts is not current: run `node scripts/gen-routes.ts`.\n');
  process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
