/** How long after a write's reply its frame reaches who listens, at 200 writes a second. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { median, percentile, type Bench, type Figure } from './figure.ts';
import { openRecords, type RecordsPlace } from './records-place.ts';

const writesPerSecond = 200;
const secondsOfLoad = Number(process.env['BENCH_SECONDS'] ?? 15);
const bystanders = 50;
/** Of the first writes nothing is measured: the code is not compiled yet. */
const warmUp = writesPerSecond * 2;

const fields = [
  { type: 'text', key: 'mark', required: true },
  { type: 'integer', key: 'weight', index: true },
  { type: 'text', key: 'note' },
];
/** Holds for every second write. */
const filter = { weight: { _gte: 500 } };
const isHeard = (n: number): boolean => n % 2 === 0;

interface Frame {
  type: string;
  data?: { after?: { mark?: string } };
  message?: string;
}

export const bench: Bench = {
  name: 'live',
  async run() {
    const place = await openRecords({ key: 'signals', label: 'Signal', fields });
    const sockets: WebSocket[] = [];
    try {
      const seen = new Map<string, number>();
      let others = 0;
      sockets.push(await listen(place, filter, (mark) => seen.set(mark, performance.now())));
      for (let i = 0; i < bystanders; i++) sockets.push(await listen(place, undefined, () => others++));
      const written = await writeSteadily(place);
      await sleep(1_000);
      return figuresOf(written, seen, others);
    } finally {
      for (const socket of sockets) socket.terminate();
      await place.stop();
    }
  },
};

/** Opens a socket and resolves once it is subscribed. */
async function listen(place: RecordsPlace, wanted: object | undefined, hear: (mark: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${place.piper.url.replace('http', 'ws')}/api/live`, { headers: place.headers });
  const topic = `project:${place.projectId}:model:${place.modelId}`;
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString()) as Frame;
      if (frame.type === 'hello') socket.send(JSON.stringify({ type: 'sub', topic, ...(wanted && { filter: wanted }) }));
      if (frame.type === 'subscribed') resolve();
      if (frame.type === 'error') reject(new Error(frame.message));
      const mark = frame.data?.after?.mark;
      if (mark !== undefined) hear(mark);
    });
  });
  return socket;
}

interface Written {
  mark: string;
  heard: boolean;
  repliedAt: number;
}

/** Writes at moments fixed beforehand, so that a slow answer delays no later write. */
async function writeSteadily(place: RecordsPlace): Promise<Written[]> {
  const began = performance.now();
  const writes: Promise<Written>[] = [];
  for (let n = 0; n < warmUp + writesPerSecond * secondsOfLoad; n++) {
    const due = began + (n * 1_000) / writesPerSecond;
    const early = due - performance.now();
    if (early > 1) await sleep(early);
    writes.push(write(place, n));
  }
  return Promise.all(writes);
}

async function write({ piper, items, headers }: RecordsPlace, n: number): Promise<Written> {
  const mark = randomUUID();
  const response = await fetch(piper.url + items, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ mark, weight: isHeard(n) ? 500 + (n % 500) : n % 500, note: 'As it happens' }),
  });
  const repliedAt = performance.now();
  if (!response.ok) throw new Error(`a write answered ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
  return { mark, heard: isHeard(n), repliedAt };
}

function figuresOf(written: Written[], seen: Map<string, number>, others: number): Figure[] {
  const expected = written.filter(({ heard }) => heard);
  const missing = expected.filter(({ mark }) => !seen.has(mark)).length;
  if (missing > 0 || seen.size !== expected.length)
    throw new Error(`${missing} of ${expected.length} frames did not come; ${seen.size} came.`);
  if (others !== written.length * bystanders)
    throw new Error(`The others heard ${others} frames of ${written.length * bystanders}.`);
  // A frame may come before the reply: it left the server right after the commit, as the reply did.
  const delays = expected.slice(warmUp / 2).map(({ mark, repliedAt }) => Math.max(0, seen.get(mark)! - repliedAt));
  const note = `${written.length} writes at ${writesPerSecond}/s, ${bystanders} more subscribers`;
  return [
    { name: 'from a write to its frame, median', value: median(delays), unit: 'ms', target: { max: 20 }, note },
    { name: 'from a write to its frame, 99th percentile', value: percentile(delays, 99), unit: 'ms' },
  ];
}
