/** The fake on its own, as journeys and benchmarks start it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { answer, startFakeLlm } from './fake-llm.ts';

const chat = (url: string, model: string, init: RequestInit = {}) =>
  fetch(`${url}/v1/chat/completions`, {
    ...init,
    method: 'POST',
    body: JSON.stringify({
      model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'Hello there' }],
    }),
  });

/** The contents of a chat stream's deltas. */
const deltas = (stream: string): string[] =>
  [...stream.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map((m) => JSON.parse(m[1]!) as string).filter((t) => t !== '');

describe('the fake provider', () => {
  it('starts alone, says where, behaves by the name of the model and stops on SIGTERM', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const url = /http:\S+/.exec(line.toString())![0];
      expect(deltas(await (await chat(url, 'fake-echo')).text()).join('')).toBe('You said: Hello there');
      const tokens = deltas(await (await chat(url, 'fake-stream-20x1')).text());
      expect(tokens).toHaveLength(20);
      await fetch(`${url}/_queue`, { method: 'POST', body: JSON.stringify([answer('From outside')]) });
      expect(deltas(await (await chat(url, 'any')).text()).join('')).toBe('From outside');
      const seen = (await (await fetch(`${url}/_requests`)).json()) as { model: string; state: string }[];
      expect(seen.map((r) => r.model)).toEqual(['fake-echo', 'fake-stream-20x1', 'any']);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('keeps time and notices who hangs up', async () => {
    const fake = await startFakeLlm();
    try {
      const start = performance.now();
      await (await chat(fake.url, 'fake-stream-5x40')).text();
      expect(performance.now() - start).toBeGreaterThan(190);
      const abort = new AbortController();
      const reply = await chat(fake.url, 'fake-slow', { signal: abort.signal });
      abort.abort();
      await expect(reply.text()).rejects.toThrow('aborted');
      await expect.poll(() => fake.requests.map((r) => r.state)).toEqual(['answered', 'aborted']);
    } finally {
      await fake.close();
    }
  });
});
