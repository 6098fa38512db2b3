/**
 * Measures Piper: `npm run bench [-- name …]`. Each figure is a median over several rounds of one run; where a baseline
 * exists, the two alternate, so that a drift of the machine's speed meets both. Exit code 1 when a target is missed.
 */
import { isMet, type Bench, type Figure } from './figure.ts';

const names = ['start', 'read', 'records', 'growth', 'models', 'live', 'chat', 'web'] as const;
const wanted = process.argv.slice(2);

function line(figure: Figure): string {
  const value = `${Number(figure.value.toPrecision(3))} ${figure.unit}`;
  const target = !figure.target ? '' : 'min' in figure.target ? `≥ ${figure.target.min}` : `≤ ${figure.target.max}`;
  const met = isMet(figure);
  const verdict = met === undefined ? '' : met ? 'met' : 'MISSED';
  return `  ${figure.name.padEnd(52)} ${value.padStart(14)}  ${target.padEnd(8)} ${verdict.padEnd(7)} ${figure.note ?? ''}`.trimEnd();
}

for (const name of names) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { bench } = (await import(`./${name}.bench.ts`)) as { bench: Bench };
  process.stdout.write(`${name}\n`);
  for (const figure of await bench.run()) {
    process.stdout.write(`${line(figure)}\n`);
    if (isMet(figure) === false) process.exitCode = 1;
  }
}
