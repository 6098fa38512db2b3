import pg from 'pg';
import { expect, test } from 'vitest';
import { endure } from './endure.ts';
import type { House } from './house.ts';
import { findViolations } from './invariants.ts';
import type { Resident } from './resident.ts';

test('a sample: a kill, a restart of the database and a stop under two people who talk', { timeout: 180_000 }, async () => {
  let found = '';
  let expected: string[] = [];
  const endured = await endure({
    seed: 7,
    residents: 2,
    ms: 0,
    plan: ['kill', 'restart the database', 'terminate'],
    answersEach: 4,
    inspect: async (house, [first]) => {
      expected = await spoil(house, first!);
      found = (await findViolations(house, [first!], 500)).join('\n');
    },
  });
  expect(endured.problems).toEqual([]);
  // That nothing was found means something: what is lost, changed or unheard would be.
  for (const what of expected) expect(found).toContain(what);
});

/** Does what must never happen; answers in which words it must be found. */
async function spoil(house: House, { said, listener, topics }: Resident): Promise<string[]> {
  const client = new pg.Client({ connectionString: house.databaseUrl() });
  await client.connect();
  const [changed, gap, lost, miscounted] = said.map(({ frame }) => frame);
  if (!changed || !gap || !lost || !miscounted) throw new Error('too little was said');
  try {
    await client.query(`update piper.messages set parts = '[]' where id = $1`, [changed.messageId]);
    await client.query(`delete from piper.run_parts where run_id = $1 and seq = 1`, [gap.runId]);
    await client.query(`update piper.threads set seq = seq + 1 where id = $1`, [miscounted.threadId]);
    await client.query(`update piper.messages set created_by = null where id = $1`, [lost.messageId]);
    listener.events.splice(
      listener.events.findIndex((event) => event.topic === topics[1]),
      1,
    );
  } finally {
    await client.end();
  }
  return [
    `answer ${changed.messageId} (run ${changed.runId}): its message is not the fold`,
    `the stream of run ${gap.runId} has`,
    `answer ${gap.messageId} (run ${gap.runId}): what was read`,
    `thread ${miscounted.threadId} says`,
    `answer ${lost.messageId} is lost`,
    `${topics[1]}: `,
  ];
}
