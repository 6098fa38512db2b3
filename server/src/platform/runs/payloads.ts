/** Inputs and outputs of runs and steps: small ones stay in their row, large ones go to storage and the row keeps a reference. */
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { limits } from '@piper/shared/limits';
import type { Deps } from '../deps.ts';
import { storableJson } from './part-queue.ts';

const maxStored = 256 * 1024 * 1024;

interface Reference {
  $stored: string;
}

const isReference = (value: unknown): value is Reference =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Reference>).$stored === 'string' &&
  Object.keys(value).length === 1;

/** The JSON to put into the row. `key` names the blob if one is needed; the same key is written over by a later attempt. */
export async function packPayload(deps: Pick<Deps, 'storage'>, key: string, value: unknown): Promise<string> {
  const json = storableJson(value ?? null);
  if (Buffer.byteLength(json) <= limits.runPayload && !isReference(value)) return json;
  await deps.storage.put(key, Readable.from([Buffer.from(json)]), { mediaType: 'application/json', maxBytes: maxStored });
  return JSON.stringify({ $stored: key } satisfies Reference);
}

/** The value of a row's payload, wherever it lies. */
export async function unpackPayload(deps: Pick<Deps, 'storage'>, stored: unknown): Promise<unknown> {
  if (!isReference(stored)) return stored;
  const { body } = await deps.storage.get(stored.$stored);
  return JSON.parse(await text(body)) as unknown;
}
