/** Reads JSON bodies: strict UTF-8, no NUL (PostgreSQL can't store it), no prototype poisoning. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { PiperError } from '@piper/shared/errors';

// An escaped NUL; a doubled backslash before `u0000` is the text "\u0000" and fine.
const escapedNul = /(?<!\\)(?:\\\\)*\\u0000/;

export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (!isUtf8(body)) return done(new PiperError('malformed_json', { message: 'The body is not valid UTF-8.' }));
    const text = body.toString('utf8');
    if (escapedNul.test(text)) {
      return done(new PiperError('validation_failed', { message: 'Texts may not contain the NUL character.' }));
    }
    // Many clients announce JSON and send nothing; where a body is needed, its schema says so.
    if (text === '') return done(null, undefined);
    return parse(request, text, (error, value) => done(error && new PiperError('malformed_json'), value));
  });
}
