/** Looks at a body on its way into the storage: at its first bytes to tell the type, at all of it to take the text. */
import { Readable } from 'node:stream';
import { limits } from '@piper/shared/limits';
import { hasControls, headBytes, sniff, type Sniffed } from './media-type.ts';

export interface Incoming {
  /** By the first bytes. */
  sniffed: Sniffed;
  /** All of the body; to be read once. */
  body: Readable;
  /** By all of the body, once it was read: a text that stops being one is bytes. */
  outcome(): { mediaType: string; text: string | null };
}

/** Reads the beginning of `source` and hands on a body that begins with it. */
export async function inspect(source: AsyncIterable<Buffer>, name: string): Promise<Incoming> {
  const rest = source[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let isComplete = false;
  for (let length = 0; length < headBytes && !isComplete;) {
    const next = await rest.next();
    if (next.done) isComplete = true;
    else {
      head.push(next.value);
      length += next.value.length;
    }
  }
  const sniffed = sniff(Buffer.concat(head).subarray(0, headBytes), name, isComplete);
  const text = sniffed.isText ? textCollector() : undefined;
  return {
    sniffed,
    body: Readable.from(replay(head, rest, text), { objectMode: false }),
    outcome: () => outcomeOf(sniffed, text?.result() ?? null),
  };
}

function outcomeOf({ mediaType, isText }: Sniffed, text: string | null): { mediaType: string; text: string | null } {
  return { mediaType: isText && text === null ? 'application/octet-stream' : mediaType, text };
}

async function* replay(head: Buffer[], rest: AsyncIterator<Buffer>, text: TextCollector | undefined): AsyncGenerator<Buffer> {
  try {
    for (const chunk of head) {
      text?.push(chunk);
      yield chunk;
    }
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      text?.push(next.value);
      yield next.value;
    }
  } finally {
    // Lets go of the source when the storage stops reading.
    await rest.return?.();
  }
}

interface TextCollector {
  push(chunk: Buffer): void;
  /** The text, cut at the limit; null when something in the body was not UTF-8 text. */
  result(): string | null;
}

function textCollector(): TextCollector {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let collected = '';
  let isBroken = false;
  const take = (chunk: Buffer | undefined): void => {
    if (isBroken) return;
    try {
      const text = chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
      isBroken = hasControls(text);
      if (collected.length < limits.fileText) collected = (collected + text).slice(0, limits.fileText);
    } catch {
      isBroken = true;
    }
  };
  return {
    push: take,
    result: () => {
      take(undefined);
      // A cut may have split a pair of surrogates, which UTF-8 can't hold.
      return isBroken ? null : collected.toWellFormed();
    },
  };
}
