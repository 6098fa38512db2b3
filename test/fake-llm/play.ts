/** Plays a script on one connection: streamed in the protocol's frames, or collected into one reply. */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, Collected, Encoder, Protocol } from './protocol.ts';
import type { Script, Step } from './script.ts';

/** Resolves when the reply has ended, the client has gone or the connection was destroyed. */
export async function play(res: ServerResponse, protocol: Protocol, call: Call, script: Script): Promise<void> {
  if (script.delayMs) await sleep(script.delayMs);
  if (script.connection === 'reset') return void res.destroy();
  if (script.connection === 'silent') return gone(res);
  if (script.refusal) return refuse(res, protocol, script.refusal);
  if (call.stream) return stream(res, protocol.encoder(call), script);
  const result = collect(script.steps ?? []);
  await pause(res, script.steps ?? []);
  sendJson(res, 200, protocol.whole(call, result));
}

const gone = (res: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (res.destroyed) resolve();
    else res.once('close', resolve);
  });

function refuse(res: ServerResponse, protocol: Protocol, refusal: NonNullable<Script['refusal']>): void {
  const { status, body } = protocol.refusal(refusal.kind);
  for (const [name, value] of Object.entries(refusal.headers ?? {})) res.setHeader(name, value);
  if (refusal.body !== undefined) {
    res.writeHead(refusal.status ?? status, { 'content-type': 'text/html' });
    res.end(refusal.body);
    return;
  }
  sendJson(res, refusal.status ?? status, body);
}

export function sendJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}

async function stream(res: ServerResponse, encoder: Encoder, script: Script): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  await write(res, encoder.begin(), script.splitBytes);
  for (const step of script.steps ?? []) {
    if (res.destroyed) return;
    if (step.do === 'wait') await sleep(step.ms);
    else if (step.do === 'drop') return drop(res);
    else if (step.do === 'hang') return gone(res);
    else if (step.do === 'end') return void res.end();
    else await write(res, frameOf(encoder, step), script.splitBytes);
  }
  res.end();
}

/** What was written so far must arrive before the connection breaks, or the test would see another failure. */
async function drop(res: ServerResponse): Promise<void> {
  await sleep(20);
  res.destroy();
}

function frameOf(encoder: Encoder, step: Exclude<Step, { do: 'wait' | 'drop' | 'hang' | 'end' }>): string {
  switch (step.do) {
    case 'text':
      return encoder.text(step.text);
    case 'reasoning':
      return encoder.reasoning(step.text);
    case 'tool':
      return encoder.tool(step);
    case 'raw':
      return step.data;
    case 'error':
      return encoder.error(step.kind);
    case 'finish':
      return encoder.finish(step.reason, step.usage);
  }
}

async function write(res: ServerResponse, data: string, splitBytes: number | undefined): Promise<void> {
  if (data === '') return;
  if (splitBytes === undefined) {
    res.write(data);
    return;
  }
  const bytes = Buffer.from(data);
  for (let i = 0; i < bytes.length && !res.destroyed; i += splitBytes) {
    res.write(bytes.subarray(i, i + splitBytes));
    await new Promise(setImmediate);
  }
}

function collect(steps: readonly Step[]): Collected {
  const result: Collected = { text: '', reasoning: '', tools: [], reason: 'stop', usage: undefined };
  for (const step of steps) {
    if (step.do === 'text') result.text += step.text;
    else if (step.do === 'reasoning') result.reasoning += step.text;
    else if (step.do === 'tool') result.tools.push({ id: step.id, name: step.name, input: step.input });
    else if (step.do === 'finish') Object.assign(result, { reason: step.reason, usage: step.usage });
  }
  return result;
}

async function pause(res: ServerResponse, steps: readonly Step[]): Promise<void> {
  let ms = 0;
  for (const step of steps) {
    if (step.do === 'hang') return gone(res);
    if (step.do === 'wait') ms += step.ms;
  }
  if (ms > 0) await sleep(ms);
}
