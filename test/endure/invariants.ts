/** What must hold when all is quiet again: compared with the database and with what the server tells afresh. */
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { emptyTurn, foldPart } from '@piper/shared/stream/fold';
import type { BranchMessage } from '@piper/shared/threads';
import { decodeCursor, type LogPosition } from '../../server/src/platform/events/cursor.ts';
import type { Frame } from '../chat.ts';
import { until } from '../until.ts';
import type { House } from './house.ts';
import { partOf, replay, type Resident, type Said } from './resident.ts';

/** How long runs and listeners may take to come to rest. */
const settleMs = 60_000;

/** Answers what does not hold, in words. What is not heard within `hearMs` from now counts as never heard. */
export async function findViolations(house: House, residents: readonly Resident[], hearMs = 10_000): Promise<string[]> {
  const client = new pg.Client({ connectionString: house.databaseUrl() });
  await client.connect();
  const query: Query = async (text, values) => (await client.query(text, values as unknown[])).rows;
  try {
    const problems = [...(await findOpenRuns(query)), ...(await findBrokenThreads(query)), ...(await findBrokenStreams(query))];
    for (const resident of residents) {
      problems.push(
        ...resident.problems,
        ...(await findLostOrDoubled(query, resident)),
        ...(await findUnheard(query, resident, hearMs)),
      );
      for (const said of resident.said) problems.push(...(await findMisread(resident, said)));
    }
    return problems;
  } finally {
    await client.end();
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- rows are what the statement says
type Query = (text: string, values?: readonly unknown[]) => Promise<any[]>;

async function findOpenRuns(query: Query): Promise<string[]> {
  const open = () => query(`select id, kind, status from piper.runs where status in ('queued', 'running')`);
  await until(async () => (await open()).length === 0, { timeoutMs: settleMs }).catch(() => undefined);
  const unfinished = await query(`select id from piper.messages where status = 'streaming'`);
  return [
    ...(await open()).map((run) => `run ${run.id} (${run.kind}) never ended: it is ${run.status}`),
    ...unfinished.map((message) => `message ${message.id} is still being written`),
  ];
}

async function findBrokenThreads(query: Query): Promise<string[]> {
  const broken = await query(`
    select t.id, t.seq, count(m.id)::int as messages, coalesce(max(m.seq), 0) as last from piper.threads t
    left join piper.messages m on m.thread_id = t.id group by t.id having t.seq <> count(m.id) or coalesce(max(m.seq), 0) <> count(m.id)`);
  return broken.map((it) => `thread ${it.id} says ${it.seq} messages, has ${it.messages}, the last is number ${it.last}`);
}

async function findBrokenStreams(query: Query): Promise<string[]> {
  const gaps = await query(
    `select run_id, count(*)::int as parts, max(seq) as last from piper.run_parts group by run_id having count(*) <> max(seq)`,
  );
  const wordy = await query(
    `select run_id from piper.run_parts p where part ->> 'type' = 'finish' and exists (select 1 from piper.run_parts n where n.run_id = p.run_id and n.seq > p.seq)`,
  );
  return [
    ...gaps.map((it) => `the stream of run ${it.run_id} has ${it.parts} parts, but its last is number ${it.last}`),
    ...wordy.map((it) => `the stream of run ${it.run_id} goes on after its finish`),
  ];
}

/** Every confirmed message is there, once, and nothing else is. */
async function findLostOrDoubled(query: Query, { remote, said, prompts }: Resident): Promise<string[]> {
  const problems: string[] = [];
  const rows: { id: string; role: string; text: string }[] = await query(
    'select id, role, text from piper.messages where created_by = $1',
    [remote.userId],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const { frame, text } of said) {
    if (!byId.has(frame.messageId)) problems.push(`answer ${frame.messageId} is lost`);
    if (text !== undefined && byId.get(frame.userMessageId)?.text !== text)
      problems.push(`question ${frame.userMessageId} is lost`);
  }
  const expected = new Set(said.flatMap(({ frame }) => [frame.userMessageId, frame.messageId]));
  for (const row of rows)
    if (!expected.has(row.id)) problems.push(`message ${row.id} (${row.role}) was doubled: ${row.text.slice(0, 60)}`);
  return [...problems, ...(await findWrongPrompts(query, remote.projectId, prompts))];
}

/** A confirmed one is there, once; one whose confirmation was lost at most once. */
async function findWrongPrompts(query: Query, projectId: string, prompts: readonly string[]): Promise<string[]> {
  const titles: { title: string; n: number }[] = await query(
    'select title, count(*)::int as n from piper.prompts where project_id = $1 group by title',
    [projectId],
  );
  const counted = new Map(titles.map(({ title, n }) => [title, n]));
  const wrong = [...prompts.filter((title) => !counted.has(title)), ...titles.flatMap(({ title, n }) => (n > 1 ? [title] : []))];
  return wrong.map((title) => `prompt ${title} is there ${counted.get(title) ?? 0} times`);
}

/** What was read in pieces is what is told in one go, and what the message keeps. */
async function findMisread({ remote }: Resident, { frame, parts }: Said): Promise<string[]> {
  const problems: string[] = [];
  const blame = (what: string): void => void problems.push(`answer ${frame.messageId} (run ${frame.runId}): ${what}`);
  const told = await replay(remote, frame.runId);
  if (!isDense(told)) blame('its stream is not numbered densely');
  if (!isDeepStrictEqual(parts, told)) blame(`what was read (${summary(parts)}) is not what is told (${summary(told)})`);
  const state = told.map(partOf).reduce(foldPart, emptyTurn);
  const message = await remote.json<BranchMessage>('GET', `/api/messages/${frame.messageId}?fields=*,parts,finishReason,error`);
  if (!isDeepStrictEqual(message.parts, state.parts))
    blame(
      `its message is not the fold of its stream: ${JSON.stringify(message.parts).slice(0, 200)} ≠ ${JSON.stringify(state.parts).slice(0, 200)}`,
    );
  if (message.finishReason !== state.finish?.reason)
    blame(`it ended as ${message.finishReason}, its stream as ${state.finish?.reason}`);
  return problems;
}

const isDense = (parts: readonly Frame[]): boolean => parts.every((part, index) => part.id === index + 1);
const summary = (parts: readonly Frame[]): string =>
  `${parts.length} parts: ${parts.map((part) => `${part.id}${partOf(part).type === 'text-delta' ? '' : partOf(part).type}`).join(' ')}`.slice(
    0,
    300,
  );

/** Every event of the topics was heard, in the log's order; what was heard twice after a cut is harmless. */
async function findUnheard(query: Query, { topics, listener }: Resident, hearMs: number): Promise<string[]> {
  const [{ epoch }] = (await query('select epoch from piper.event_epoch')) as [{ epoch: string }];
  const problems: string[] = listener.snapshots.map((topic) => `${topic} asked to be read again`);
  for (const topic of topics) {
    const start = decodeCursor(epoch, listener.startedAt(topic) ?? '');
    if (typeof start === 'string') throw new Error(`the cursor of ${topic} is ${start}`);
    const rows = await query(
      `select position::text as at from piper.events where topic = $1 and (transaction_id, position) > ($2::text::xid8, $3::bigint) order by transaction_id, position`,
      [topic, String(start.transactionId), start.position],
    );
    const expected = new Set(rows.map((row) => row.at as string));
    // A later connection may replay from before that place.
    const heard = (): string[] => {
      const ofTopic = listener.events.filter((event) => event.topic === topic);
      const positions = ofTopic.map((event) => String((decodeCursor(epoch, event.cursor) as LogPosition).position));
      return [...new Set(positions)].filter((each) => expected.has(each));
    };
    await until(() => heard().length === expected.size, { timeoutMs: hearMs }).catch(() => undefined);
    if (isDeepStrictEqual(heard(), [...expected])) continue;
    const missing = [...expected].filter((each) => !heard().includes(each)).slice(0, 5);
    problems.push(
      `${topic}: of ${expected.size} events ${heard().length} were heard; missing: ${missing.join(' ') || 'none, but the order differs'}`,
    );
  }
  return problems;
}
