import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { initialDownload } from './budget.ts';

const chunk = (fileName: string, imports: string[], isEntry = false, css: string[] = []) => ({
  type: 'chunk' as const,
  fileName,
  code: randomBytes(500).toString('hex'),
  isEntry,
  imports,
  viteMetadata: { importedCss: new Set(css) },
});

test('what is imported statically counts once, what loads later does not', () => {
  const bundle = {
    'entry.js': chunk('entry.js', ['a.js', 'b.js'], true, ['main.css']),
    'a.js': chunk('a.js', ['b.js']),
    'b.js': chunk('b.js', ['a.js']),
    'lazy.js': chunk('lazy.js', ['a.js'], false, ['lazy.css']),
    'main.css': { type: 'asset' as const, fileName: 'main.css', source: randomBytes(500).toString('hex') },
    'lazy.css': { type: 'asset' as const, fileName: 'lazy.css', source: randomBytes(500).toString('hex') },
  };
  const { script, style } = initialDownload(bundle);
  const one = initialDownload({ 'entry.js': { ...bundle['entry.js'], imports: [] } }).script;
  expect(script / one).toBeGreaterThan(2.8);
  expect(script / one).toBeLessThan(3.2);
  expect(style).toBeGreaterThan(400);
  expect(style).toBeLessThan(800);
});
