/**
 * A server that speaks the providers' real protocols at wire level and does what it is told: by a queue of scripts (tests)
 * or by the requested model's name (browser journeys, benchmarks). It records what it was asked and who hung up.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropic } from './anthropic.ts';
import { google } from './google.ts';
import { namedModels, scriptForModel } from './model-scripts.ts';
import { openAiChat, openRouter } from './openai-chat.ts';
import { openAiResponses } from './openai-responses.ts';
import { play, sendJson } from './play.ts';
import type { Call, Protocol } from './protocol.ts';
import type { Script } from './script.ts';

export { answer, cutShort, refuse, tokensOf, type AnswerOptions, type Script, type Step } from './script.ts';

export interface RecordedRequest {
  method: string;
  path: string;
  protocol: Protocol['name'];
  model: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** `open` while it is answered, then how it ended: by us, or by the client going away. */
  state: 'open' | 'answered' | 'aborted';
  at: number;
}

export interface FakeLlm {
  /** `http://127.0.0.1:<port>`, without a path. */
  url: string;
  requests: RecordedRequest[];
  /** The next requests (models lists excepted) get these scripts, in order; when the queue is empty, the model's name decides. */
  queue(...scripts: Script[]): void;
  /** Every request for this model gets the script the function makes. */
  when(model: string, make: (call: Call) => Script): void;
  /** The ids `/models` lists; a Script with a refusal makes the list fail. */
  setModels(models: readonly string[] | Script): void;
  /** Forgets requests, queue and settings. */
  reset(): void;
  close(): Promise<void>;
}

interface State {
  requests: RecordedRequest[];
  queue: Script[];
  byModel: Map<string, (call: Call) => Script>;
  models: readonly string[] | Script;
}

const fresh = (): State => ({ requests: [], queue: [], byModel: new Map(), models: namedModels });

/** Starts it on `port` (a free one by default). */
export async function startFakeLlm({ port = 0, keep = 1_000 }: { port?: number; keep?: number } = {}): Promise<FakeLlm> {
  const state = fresh();
  const server = createServer((req, res) => {
    handle(state, keep, req, res).catch((error: unknown) => {
      if (!res.headersSent) sendJson(res, 500, { error: { message: String(error) } });
      else res.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return state.requests;
    },
    queue: (...scripts) => void state.queue.push(...scripts),
    when: (model, make) => void state.byModel.set(model, make),
    setModels: (models) => void (state.models = models),
    reset: () => void Object.assign(state, fresh()),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function handle(state: State, keep: number, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://fake');
  const body = await readJson(req);
  if (url.pathname.startsWith('/_')) return control(state, url.pathname, body, res);
  const protocol = protocolOf(req, url.pathname);
  if (!protocol) return sendJson(res, 404, { error: { message: `no route ${url.pathname}` } });
  const call = callOf(protocol, url, body);
  const record: RecordedRequest = {
    method: req.method ?? 'GET',
    path: url.pathname + url.search,
    protocol: protocol.name,
    model: call.model,
    headers: req.headers as Record<string, string>,
    body,
    state: 'open',
    at: Date.now(),
  };
  state.requests.push(record);
  if (state.requests.length > keep) state.requests.shift();
  res.once('close', () => (record.state = res.writableFinished ? 'answered' : 'aborted'));
  if (record.method === 'GET' && 'length' in state.models) return sendJson(res, 200, protocol.models(state.models));
  await play(res, protocol, call, record.method === 'GET' ? (state.models as Script) : nextScript(state, call));
}

const nextScript = (state: State, call: Call): Script =>
  state.queue.shift() ?? state.byModel.get(call.model)?.(call) ?? scriptForModel(call);

/** For other processes: `GET /_requests`, `POST /_queue [script…]`, `POST /_reset`. */
function control(state: State, path: string, body: Record<string, unknown>, res: ServerResponse): void {
  if (path === '/_queue') state.queue.push(...(body as unknown as Script[]));
  else if (path === '/_reset') Object.assign(state, fresh());
  sendJson(res, 200, path === '/_requests' ? state.requests : {});
}

function protocolOf(req: IncomingMessage, path: string): Protocol | undefined {
  if (path.startsWith('/v1beta/')) return google;
  if (path.startsWith('/api/v1/')) return openRouter;
  if (req.headers['anthropic-version'] !== undefined) return anthropic;
  if (path.endsWith('/responses')) return openAiResponses;
  return path.endsWith('/chat/completions') || path.endsWith('/models') ? openAiChat : undefined;
}

function callOf(protocol: Protocol, url: URL, body: Record<string, unknown>): Call {
  const inPath = /\/models\/(.+):(\w+)$/.exec(url.pathname);
  const model = protocol.name === 'google' ? decodeURIComponent(inPath?.[1] ?? '') : textOf(body['model']);
  const stream = protocol.name === 'google' ? inPath?.[2] === 'streamGenerateContent' : body['stream'] === true;
  return { model, stream, body, lastUserText: lastUserText(body) };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

interface LooseMessage {
  role?: string;
  content?: unknown;
  parts?: unknown;
}

function lastUserText(body: Record<string, unknown>): string {
  const messages = (body['messages'] ?? body['input'] ?? body['contents'] ?? []) as LooseMessage[];
  const last = Array.isArray(messages) ? messages.findLast((m) => m.role === 'user') : undefined;
  const content = last?.content ?? last?.parts ?? '';
  if (typeof content === 'string') return content;
  return (content as { text?: string }[]).map((part) => part.text ?? '').join('');
}

async function readJson(req: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
}
