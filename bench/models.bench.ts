/**
 * What a project's size costs: reading and writing ten fields of a model that has 500, and opening the definitions of 200 models,
 * against a model of 20 fields among 10. Each figure is how many times as long the large one takes; the two alternate.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request as requestHttp } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { median, type Bench, type Figure } from './figure.ts';
import { startPiper, type Piper } from './piper.ts';

const rounds = 7;
const roundMs = 1_000;
const connections = 8;
/** Fields that are read and written. */
const named = 10;
const fieldsPerChange = 50;

interface Size {
  models: number;
  fields: number;
}
const small: Size = { models: 10, fields: 20 };
const large: Size = { models: 200, fields: 500 };

/** A project of one size. */
interface Place {
  project: string;
  model: string;
  record: string;
}

export const bench: Bench = {
  name: 'models',
  async run() {
    const piper = await startPiper();
    try {
      const places: [Place, Place] = [await build(piper, large), await build(piper, small)];
      const figures: Figure[] = [];
      for (const [name, request] of Object.entries(requests)) {
        const [a, b] = [request(piper, places[0]), request(piper, places[1])];
        figures.push(await compare(name, await a, await b));
      }
      return figures;
    } finally {
      await piper.stop();
    }
  },
};

/** `text` in most fields, now and then another type. Few records fill more than the first ones. */
const field = (i: number) => ({
  key: `field${i}`,
  label: `Field ${i}`,
  ...(i % 7 === 3 ? { type: 'decimal' } : i % 7 === 5 ? { type: 'date' } : { type: 'text' }),
});
const valueOf = (i: number): string => (i % 7 === 3 ? '12.50' : i % 7 === 5 ? '2026-11-21' : `value ${i}`);
const tenValues = (): Record<string, string> =>
  Object.fromEntries(Array.from({ length: named }, (_, i) => [`field${i}`, i === 0 ? randomUUID() : valueOf(i)]));

async function build(piper: Piper, size: Size): Promise<Place> {
  const { id: project } = await piper.post<{ id: string }>('/api/projects', { name: `${size.models} models` });
  const model = randomUUID();
  const fields = Array.from({ length: size.fields }, (_, i) => field(i));
  const create = {
    do: 'create-model',
    model: { id: model, key: 'wide', label: 'Wide', fields: fields.slice(0, fieldsPerChange) },
  };
  await change(piper, project, [create]);
  for (let from = fieldsPerChange; from < fields.length; from += fieldsPerChange)
    await change(
      piper,
      project,
      fields.slice(from, from + fieldsPerChange).map((one) => ({ do: 'create-field', model, field: one })),
    );
  const others = Array.from({ length: size.models - 1 }, (_, i) => ({
    do: 'create-model',
    model: { key: `model${i}`, label: `Model ${i}`, fields: Array.from({ length: 10 }, (_each, n) => field(n)) },
  }));
  for (let from = 0; from < others.length; from += 20) await change(piper, project, others.slice(from, from + 20));
  const records = await piper.post<{ id: string }[]>(
    `/api/projects/${project}/items/wide`,
    Array.from({ length: 100 }, () => tenValues()),
  );
  return { project, model, record: records[50]!.id };
}

async function change(piper: Piper, project: string, actions: object[]): Promise<void> {
  const path = `/api/projects/${project}/change-sets`;
  const { id, status } = await piper.post<{ id: string; status: string }>(path, { actions });
  for (let now = status; now === 'applying';) {
    await pause(200);
    const reply = await fetch(`${piper.url}${path}/${id}`, { headers: piper.headers });
    now = ((await reply.json()) as { data: { status: string } }).data.status;
  }
}

interface Answer {
  status: number;
  etag: string;
}
type Send = () => Promise<Answer>;

interface Asked {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: () => object;
}

const agent = new Agent({ keepAlive: true, maxSockets: connections });

/** Asks for compressed replies, as browsers do, and leaves them so: unpacking them is no work of the server's. */
const sender =
  (piper: Piper, { method = 'GET', path, headers, body }: Asked): Send =>
  () =>
    new Promise((resolve, reject) => {
      const type = body ? { 'content-type': 'application/json' } : {};
      const sent = { ...piper.headers, 'accept-encoding': 'gzip, deflate, br', ...type, ...headers };
      const request = requestHttp(piper.url + path, { method, agent, headers: sent }, (reply) => {
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, etag: reply.headers.etag ?? '' }));
        reply.resume();
      });
      request.on('error', reject);
      request.end(body && JSON.stringify(body()));
    });

const fieldWords = Array.from({ length: named }, (_, i) => `field${i}`).join();
const definition = ({ model }: Place): string => `/api/models/${model}`;
const items = ({ project }: Place): string => `/api/projects/${project}/items/wide`;

const requests: Record<string, (piper: Piper, place: Place) => Send | Promise<Send>> = {
  'read ten fields of a record': (piper, place) =>
    sender(piper, { path: `${items(place)}/${place.record}?fields=${fieldWords}` }),
  'list ten fields of 20 records': (piper, place) => sender(piper, { path: `${items(place)}?limit=20&fields=${fieldWords}` }),
  'create a record with ten fields': (piper, place) =>
    sender(piper, { method: 'POST', path: `${items(place)}?fields=id`, body: tenValues }),
  'change ten fields of a record': (piper, place) =>
    sender(piper, { method: 'PATCH', path: `${items(place)}/${place.record}?fields=id`, body: tenValues }),
  'list the data models': (piper, place) => sender(piper, { path: `/api/models?project=${place.project}` }),
  'open a definition': (piper, place) => sender(piper, { path: definition(place) }),
  'open a definition that the client has': async (piper, place) => {
    const { etag } = await sender(piper, { path: definition(place) })();
    return sender(piper, { path: definition(place), headers: { 'if-none-match': etag } });
  },
};

/** Requests per second over several connections, for one round. */
async function perSecond(request: Send): Promise<number> {
  const end = performance.now() + roundMs;
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      const { status } = await request();
      if (status >= 400) throw new Error(`a request was answered by ${status}`);
      count++;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  return (count * 1_000) / (performance.now() - start);
}

async function compare(name: string, big: Send, little: Send): Promise<Figure> {
  await perSecond(big);
  await perSecond(little);
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++) pairs.push([await perSecond(big), await perSecond(little)]);
  const rate = (side: 0 | 1): number => Math.round(median(pairs.map((pair) => pair[side])));
  return {
    name,
    value: median(pairs.map(([a, b]) => b / a)),
    unit: 'times',
    // What a write costs grows with its event, which holds the whole record; only reading has a promise to keep.
    ...(/^(?:create|change)/.test(name) ? {} : { target: { max: 2 } }),
    note: `${rate(0)} against ${rate(1)} requests/s`,
  };
}
