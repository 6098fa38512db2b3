/** Reads JSON bodies: strict UTF-8, no NUL (PostgreSQL can't store it), no prototype poisoning, no endless nesting. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';

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
    return parse(request, text, (error, value) => {
      if (error) return done(new PiperError('malformed_json', isJson(text) ? { message: forbiddenKey } : {}));
      if (!isDeeper(value, limits.bodyDepth)) return done(null, value);
      done(new PiperError('validation_failed', { message: `The body is nested more than ${limits.bodyDepth} levels deep.` }));
    });
  });
}

const forbiddenKey = 'The body has a key "__proto__", or "constructor" with "prototype" in it. Such keys are refused.';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whoever walks through a value later does so by recursion, and must not run out of stack. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
