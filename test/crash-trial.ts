/** Runs that take some time, for tests that kill the process under them. What they do is seen in a table of its own. */
import { sql } from 'kysely';
import { setTimeout as pause } from 'node:timers/promises';
import { defineFeature } from '../server/src/platform/feature.ts';
import type { RunHandle, RunKind } from '../server/src/platform/runs/kind.ts';

const words = ['alpha ', 'beta ', 'gamma ', 'delta '];

async function tellSlowly(run: RunHandle<{ slowMs: number }>): Promise<string> {
  const note = (what: string) =>
    sql`insert into public.trial_notes values (${run.id}, ${run.attempt}, ${what})`.execute(run.ctx.db);
  await run.step('prepare', 'pure', () => note('prepare').then(() => null));
  await run.transact(
    'once',
    async ({ db }) => void (await sql`insert into public.trial_notes values (${run.id}, ${run.attempt}, 'once')`.execute(db)),
  );
  const writer = await run.ctx.deps.parts.writer(run.id);
  if (run.attempt > 1) writer.push({ type: 'reset' });
  for (const text of words) {
    writer.push({ type: 'text-delta', id: 'a', text });
    await writer.flush();
    await note(text);
    // A later attempt has no reason to dawdle.
    await pause(run.attempt === 1 ? run.input.slowMs : 1, undefined, { signal: run.signal });
  }
  writer.push({ type: 'finish', reason: 'stop', usage: null });
  await writer.close();
  return words.join('');
}

const kind = (name: string, rest: Partial<RunKind<{ slowMs: number }>>): RunKind<{ slowMs: number }> => ({
  name,
  executes: 'inline',
  afterCrash: 'resume',
  execute: tellSlowly,
  ...rest,
});

export const crashTrial = defineFeature({
  name: 'crash-trial',
  runKinds: [
    kind('trial-turn', {}),
    kind('trial-fragile', { afterCrash: 'interrupt' }),
    kind('trial-job', { executes: 'queue' }),
  ],
});
