/** What Piper adds to a streamed answer: time to the first token against a bare proxy, and the delay of tokens under 200 streams. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { median, percentile, type Bench, type Figure } from './figure.ts';
import { startPiper, type Piper } from './piper.ts';
import { root, start, type Running } from './process.ts';
import { frames } from './sse.ts';

const rounds = 40;
const streams = 200;
const tokensPerSecond = 15;
const secondsOfLoad = 20;
/** Forty people ask in each second, until all stream at once: starting a turn costs more than a second of its tokens. */
const msBetweenStarts = 25;

export const bench: Bench = {
  name: 'chat',
  async run() {
    const upstream = await start(join(root, 'bench/baseline/upstream.ts'));
    const proxy = await start(join(root, 'bench/baseline/bare-proxy.ts'), { env: { UPSTREAM: `${upstream.url}/v1` } });
    const piper = await startPiper({
      OPENAI_API_KEY: 'none',
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      AI_PROVIDER: 'openai',
      AI_MODEL: 'clock-20x1',
    });
    try {
      const { id: projectId } = await piper.post<{ id: string }>('/api/projects', { name: 'Bench' });
      return [await firstToken(piper, proxy, projectId), ...(await manyStreams(piper, projectId))];
    } finally {
      await piper.stop();
      await proxy.stop();
      await upstream.stop();
    }
  },
};

function ask(piper: Piper, projectId: string, model: string): Promise<Response> {
  return fetch(`${piper.url}/api/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...piper.headers },
    body: JSON.stringify({ projectId, text: 'What time is it?', aiModel: `openai/${model}`, clientId: randomUUID() }),
  });
}

async function firstToken(piper: Piper, proxy: Running, projectId: string): Promise<Figure> {
  const model = 'clock-20x1';
  const ours = () => timeTo(() => ask(piper, projectId, model), '"text-delta"');
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'What time is it?' }] });
  const theirs = () => timeTo(() => fetch(proxy.url, { method: 'POST', body }), '"content"');
  for (let warm = 0; warm < 5; warm++) await Promise.all([ours(), theirs()]);
  const added: number[] = [];
  const absolute: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [a, b] = [await ours(), await theirs()];
    added.push(a - b);
    absolute.push(a);
  }
  const note = `${median(absolute).toFixed(1)} ms in all, median of ${rounds}`;
  return { name: 'time to first token added to a bare proxy', value: median(added), unit: 'ms', target: { max: 15 }, note };
}

/** From sending until a frame whose data holds `mark`; the rest of the stream is read to its end. */
async function timeTo(send: () => Promise<Response>, mark: string): Promise<number> {
  const before = performance.now();
  let first: number | undefined;
  for await (const frame of frames(await send())) if (frame.data.includes(mark)) first ??= performance.now() - before;
  if (first === undefined) throw new Error(`No frame with ${mark} came.`);
  return first;
}

/** Tokens hold the time they were sent at; a part may hold several. */
async function manyStreams(piper: Piper, projectId: string): Promise<Figure[]> {
  const ms = Math.round(1000 / tokensPerSecond);
  const model = `clock-${tokensPerSecond * secondsOfLoad}x${ms}`;
  const delays: number[] = [];
  const one = async (index: number) => {
    await new Promise((resolve) => setTimeout(resolve, index * msBetweenStarts));
    let finished = false;
    for await (const frame of frames(await ask(piper, projectId, model))) {
      if (frame.event !== 'part') continue;
      const part = JSON.parse(frame.data) as { type: string; text?: string; reason?: string };
      if (part.type === 'text-delta') for (const sent of part.text!.trim().split(' ')) delays.push(frame.at - Number(sent));
      if (part.type === 'finish') finished = part.reason === 'stop';
    }
    if (!finished) throw new Error('A stream ended without its finish.');
  };
  await Promise.all(Array.from({ length: streams }, (_, index) => one(index)));
  const expected = streams * tokensPerSecond * secondsOfLoad;
  if (delays.length !== expected) throw new Error(`${delays.length} tokens came of ${expected}.`);
  const note = `${streams} streams × ${tokensPerSecond} tokens/s, started ${msBetweenStarts} ms apart`;
  return [
    { name: 'delay of a token, 99th percentile', value: percentile(delays, 99), unit: 'ms', target: { max: 250 }, note },
    { name: 'delay of a token, median', value: median(delays), unit: 'ms' },
  ];
}
