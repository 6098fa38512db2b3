/** A small S3 for tests: it speaks the protocol on the wire (path style, multipart, ranges, XML errors) and keeps objects in memory. */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { S3Options } from '../../server/src/platform/storage/s3.ts';

type Step = 'put' | 'create' | 'part' | 'complete' | 'abort' | 'get' | 'remove';

export interface FakeS3 {
  access: S3Options;
  keys(): string[];
  mediaType(key: string): string | undefined;
  openUploads(): number;
  partsReceived(): number;
  /** Answers this step with an error from now on. */
  fail(step: Step, status: number, name: string): void;
  recover(): void;
  close(): Promise<void>;
}

interface State {
  objects: Map<string, { bytes: Buffer; mediaType: string | undefined }>;
  uploads: Map<string, { key: string; mediaType: string | undefined; parts: Map<number, Buffer> }>;
  parts: number;
  failing: { step: Step; status: number; name: string } | undefined;
}

interface Call {
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
  response: ServerResponse;
  state: State;
}

/** Starts the server on a free port with one empty bucket. */
export async function startFakeS3(bucket: string): Promise<FakeS3> {
  const state: State = { objects: new Map(), uploads: new Map(), parts: 0, failing: undefined };
  const server = createServer((request, response) => void answer(bucket, state, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    access: { bucket, region: 'eu-test-1', endpoint, accessKeyId: 'test', secretAccessKey: 'test' },
    keys: () => [...state.objects.keys()].toSorted(),
    mediaType: (key) => state.objects.get(key)?.mediaType,
    openUploads: () => state.uploads.size,
    partsReceived: () => state.parts,
    fail: (step, status, name) => void (state.failing = { step, status, name }),
    recover: () => void (state.failing = undefined),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(bucket: string, state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://s3');
  const body = await buffer(request);
  const prefix = `/${bucket}/`;
  if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return refuse(response, 403, 'AccessDenied');
  if (!url.pathname.startsWith(prefix)) return refuse(response, 404, 'NoSuchBucket');
  const step = stepOf(request.method, url.searchParams);
  if (state.failing?.step === step) return refuse(response, state.failing.status, state.failing.name);
  const key = decodeURIComponent(url.pathname.slice(prefix.length));
  handlers[step]({ key, query: url.searchParams, headers: request.headers, body, response, state });
}

function stepOf(method: string | undefined, query: URLSearchParams): Step {
  if (method === 'GET') return 'get';
  if (method === 'DELETE') return query.has('uploadId') ? 'abort' : 'remove';
  if (method === 'PUT') return query.has('uploadId') ? 'part' : 'put';
  return query.has('uploads') ? 'create' : 'complete';
}

const handlers: Record<Step, (call: Call) => void> = {
  put({ key, headers, body, response, state }) {
    state.objects.set(key, { bytes: body, mediaType: headers['content-type'] });
    response.writeHead(200, { etag: etagOf(body) }).end();
  },
  create({ key, headers, response, state }) {
    const id = randomUUID();
    state.uploads.set(id, { key, mediaType: headers['content-type'], parts: new Map() });
    xml(response, 200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  },
  part({ query, body, response, state }) {
    state.uploads.get(query.get('uploadId') ?? '')?.parts.set(Number(query.get('partNumber')), body);
    state.parts++;
    response.writeHead(200, { etag: etagOf(body) }).end();
  },
  complete({ query, body, response, state }) {
    const id = query.get('uploadId') ?? '';
    const upload = state.uploads.get(id);
    if (!upload) return refuse(response, 404, 'NoSuchUpload');
    const named = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map((m) => upload.parts.get(Number(m[1])));
    if (named.some((part) => !part) || named.slice(0, -1).some((part) => part!.length < 5 * 1024 * 1024))
      return refuse(response, 400, 'EntityTooSmall');
    state.objects.set(upload.key, { bytes: Buffer.concat(named as Buffer[]), mediaType: upload.mediaType });
    state.uploads.delete(id);
    xml(response, 200, '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>');
  },
  abort({ query, response, state }) {
    state.uploads.delete(query.get('uploadId') ?? '');
    response.writeHead(204).end();
  },
  get({ key, headers, response, state }) {
    const object = state.objects.get(key);
    if (!object) return refuse(response, 404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    if (!range) return void response.writeHead(200, { 'content-length': object.bytes.length }).end(object.bytes);
    const slice = object.bytes.subarray(Number(range[1]), Number(range[2]) + 1);
    const contentRange = `bytes ${range[1]}-${range[2]}/${object.bytes.length}`;
    response.writeHead(206, { 'content-length': slice.length, 'content-range': contentRange }).end(slice);
  },
  remove({ key, response, state }) {
    state.objects.delete(key);
    response.writeHead(204).end();
  },
};

const etagOf = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

function xml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
}

function refuse(response: ServerResponse, status: number, name: string): void {
  xml(response, status, `<Error><Code>${name}</Code><Message>${name}</Message></Error>`);
}
