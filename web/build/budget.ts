/** Fails the build when what the first page needs outgrows its budget: the entry, everything it imports statically, and their CSS. */
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

interface Budget {
  scriptKilobytes: number;
  styleKilobytes: number;
}

interface Chunk {
  type: 'chunk';
  fileName: string;
  code: string;
  isEntry: boolean;
  imports: string[];
  viteMetadata?: { importedCss: Set<string> };
}
interface Asset {
  type: 'asset';
  fileName: string;
  source: string | Uint8Array;
}
type Bundle = Record<string, Chunk | Asset>;

export function checkBudget(budget: Budget): Plugin {
  return {
    name: 'piper-budget',
    apply: 'build',
    enforce: 'post',
    writeBundle(_options, bundle) {
      const { script, style } = initialDownload(bundle as unknown as Bundle);
      const line = `initial download, gzip: ${kilobytes(script)} kB JavaScript of ${budget.scriptKilobytes}, ${kilobytes(style)} kB CSS of ${budget.styleKilobytes}`;
      if (script > budget.scriptKilobytes * 1000 || style > budget.styleKilobytes * 1000) this.error(`Over budget: ${line}`);
      this.info(line);
    },
  };
}

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);

/** Bytes after gzip of the entry chunk, its static imports and the CSS they bring. */
export function initialDownload(bundle: Bundle): { script: number; style: number } {
  const chunks = new Set<string>();
  const styles = new Set<string>();
  const visit = (name: string): void => {
    const chunk = bundle[name];
    if (!chunk || chunk.type !== 'chunk' || chunks.has(name)) return;
    chunks.add(name);
    for (const css of chunk.viteMetadata?.importedCss ?? []) styles.add(css);
    for (const next of chunk.imports) visit(next);
  };
  for (const item of Object.values(bundle)) if (item.type === 'chunk' && item.isEntry) visit(item.fileName);
  const total = (names: Set<string>): number => [...names].reduce((sum, name) => sum + zipped(bundle[name]), 0);
  return { script: total(chunks), style: total(styles) };
}

function zipped(item: Chunk | Asset | undefined): number {
  if (!item) return 0;
  return gzipSync(item.type === 'chunk' ? item.code : item.source).length;
}
