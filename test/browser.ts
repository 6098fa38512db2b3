/**
 * What browser journeys stand on: Piper as a process of its own over a fresh database, and a browser.
 *
 *   const piper = useBrowser();
 *   test('…', async () => { const page = await piper.newPage(); await page.goto('/'); … });
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { browserEnvironment } from './browser.setup.ts';
import { createTestDatabase, type TestDatabase } from './harness.ts';
import { startPiper, type PiperProcess } from './piper-process.ts';

// Not the arguments the package proposes: they switch the web's security off.
const browserArguments = [
  '--no-sandbox',
  '--headless=shell',
  '--no-zygote',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--disable-dev-shm-usage',
];
/** For every wait on a page: a journey that hangs says so soon. */
const pageTimeoutMs = 20_000;

export interface BrowserOptions {
  /** Environment variables of the process. */
  env?: Record<string, string>;
}

export interface BrowserUnderTest {
  browser: Browser;
  database: TestDatabase;
  /** The process; `restart()` and `kill()` for journeys over a crash. */
  piper: PiperProcess;
  url: string;
  /** A page in a context of its own (own cookies and storage), whose relative addresses lead to Piper. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
}

/** Piper and a browser for all tests of a file. After each test, an error in a page's console or code fails it. */
export function useBrowser(options: BrowserOptions = {}): BrowserUnderTest {
  const under = {} as BrowserUnderTest;
  const complaints: string[] = [];
  beforeAll(async () => {
    under.database = await createTestDatabase();
    under.piper = await startPiper({ DATABASE_URL: under.database.url, ...options.env });
    under.url = under.piper.url;
    under.browser = await launchBrowser();
    under.newPage = (context) => openPage(under, complaints, context);
  }, 60_000);
  afterEach(async () => {
    for (const context of under.browser?.contexts() ?? []) await context.close();
    expect(complaints.splice(0), 'errors in the pages').toEqual([]);
  });
  afterAll(async () => {
    await under.browser?.close();
    await under.piper?.stop();
    await under.database?.drop();
  }, 30_000);
  return under;
}

/** A headless browser with the web's security on. */
export function launchBrowser(): Promise<Browser> {
  const { path, libraries } = inject('browser');
  return chromium.launch({ executablePath: path, args: browserArguments, env: browserEnvironment(libraries) });
}

async function openPage(
  { browser, url }: BrowserUnderTest,
  complaints: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 }, locale: 'en-US', ...options });
  context.setDefaultTimeout(pageTimeoutMs);
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A refused request is an answer the page must handle; it is not an error in the page.
    const isRefusal = /^(Failed to load resource|WebSocket connection to)/.test(message.text());
    if (message.type() === 'error' && !isRefusal) complaints.push(message.text());
  });
  return page;
}

/** Lets animations end before a page is looked at. */
export const settle = (ms = 300): Promise<void> => sleep(ms);
