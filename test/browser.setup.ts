/**
 * Before the first journey: finds a browser that starts here. The one from npm is preferred, since its version is known
 * to fit; where it lacks system libraries, the ones it brings are tried, and then a Chromium of the system.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

export interface BrowserBinary {
  path: string;
  /** Where libraries the system lacks are found; empty when it lacks none. */
  libraries: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    browser: BrowserBinary;
  }
}

const run = promisify(execFile);
const unpacked = join(import.meta.dirname, '../node_modules/.cache/chromium');
const systemNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

export default async function setup(project: TestProject): Promise<void> {
  const tried: string[] = [];
  for (const candidate of await listCandidates()) {
    const failure = await tryBrowser(candidate);
    if (failure === undefined) {
      project.provide('browser', candidate);
      return;
    }
    tried.push(`${candidate.path}: ${failure}`);
  }
  throw new Error(`No browser starts here, which the journeys need. Install chromium. Tried:\n${tried.join('\n')}`);
}

async function listCandidates(): Promise<BrowserBinary[]> {
  const own = await unpackChromium().catch(() => undefined);
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const ofSystem = systemNames.flatMap((name) => folders.map((folder) => join(folder, name)).filter((path) => existsSync(path)));
  const bundled = own ? [own, { ...own, libraries: join(unpacked, 'al2023/lib') }] : [];
  return [...bundled, ...ofSystem.map((path) => ({ path, libraries: '' }))];
}

/** Unpacks Chromium once per installation, under a temporary name so that a cut-off attempt leaves nothing half. */
async function unpackChromium(): Promise<BrowserBinary> {
  const found = { path: join(unpacked, 'chromium'), libraries: '' };
  if (existsSync(found.path)) return found;
  const { default: chromium, inflate } = await import('@sparticuz/chromium');
  const temporary = `${unpacked}.${process.pid}`;
  await mkdir(temporary, { recursive: true });
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporary; // the package unpacks into the system's folder for temporary files, which users share
  try {
    await chromium.executablePath();
    const archive = join(import.meta.dirname, '../node_modules/@sparticuz/chromium/bin/al2023.tar.br');
    if (existsSync(archive)) await inflate(archive);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  await rename(temporary, unpacked).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(found.path)) throw error;
  });
  return found;
}

/** Undefined when it starts, else why not. */
async function tryBrowser({ path, libraries }: BrowserBinary): Promise<string | undefined> {
  try {
    await run(path, ['--no-sandbox', '--headless=shell', '--version'], { timeout: 20_000, env: browserEnvironment(libraries) });
    return undefined;
  } catch (error) {
    return ((error as { stderr?: string }).stderr || (error as Error).message).trim().split('\n')[0];
  }
}

export function browserEnvironment(libraries: string): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return { ...Object.fromEntries(inherited), ...(libraries && { LD_LIBRARY_PATH: libraries }) } as Record<string, string>;
}
