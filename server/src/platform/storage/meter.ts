/** Measures a body on its way into the storage, and cuts it off at the limit. */
import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { PiperError } from '@piper/shared/errors';

export interface Meter {
  through: Transform;
  /** What went through; complete once the stream has ended. */
  result(): { size: number; sha256: Buffer };
}

/** A stream that passes bytes on unchanged, and fails with `file_too_large` as soon as more than `maxBytes` came. */
export function meter(maxBytes: number): Meter {
  const hash = createHash('sha256');
  let size = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      size += chunk.length;
      if (size > maxBytes) return done(tooLarge(maxBytes));
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { through, result: () => ({ size, sha256: hash.copy().digest() }) };
}

function tooLarge(maxBytes: number): PiperError {
  const megabytes = Math.floor(maxBytes / 1024 / 1024);
  const limit = megabytes > 0 ? `${megabytes} MB` : `${maxBytes} bytes`;
  return new PiperError('file_too_large', {
    message: `The file is larger than ${limit}. Choose a smaller one.`,
    details: { maxBytes },
  });
}
