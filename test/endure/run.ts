/** `npm run endure -- --minutes 10 --seed 1 --residents 4`: exit code 1 when anything did not hold. */
import { parseArgs } from 'node:util';
import { endure } from './endure.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    residents: { type: 'string', default: '4' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const given = { seed: Number(values.seed), residents: Number(values.residents), ms: Number(values.minutes) * 60_000 };
if (!Object.values(given).every((value) => Number.isFinite(value) && value > 0)) {
  process.stderr.write('--minutes, --seed and --residents take numbers above 0.\n');
  process.exit(1);
}
say(`${values.residents} residents, ${values.minutes} minutes, seed ${values.seed}`);
const { problems, troubles, acts, answers } = await endure({ ...given, say });
for (const [what, counts] of Object.entries({ troubles, acts })) {
  say(
    `${what}: ${Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ')}`,
  );
}
say(`${answers} answers, ${problems.length} problems`);
for (const problem of problems) say(`✗ ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
