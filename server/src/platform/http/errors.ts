/** The one place where what was thrown becomes a reply: expected outcomes keep their code, anything else answers `internal` and is logged. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PiperError, type ErrorBody } from '@piper/shared/errors';
import { directusErrors } from './directus-errors.ts';

export const errorSchema = {
  $id: 'Error',
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'requestId'],
      properties: { code: { type: 'string' }, message: { type: 'string' }, details: {}, requestId: { type: 'string' } },
    },
    errors: {
      type: 'array',
      description: "The same in Directus' form; only where records are asked for.",
      items: {
        type: 'object',
        properties: { message: { type: 'string' }, extensions: { type: 'object', additionalProperties: true } },
      },
    },
  },
};

/** Installs the error and not-found handlers. */
export function handleErrors(app: FastifyInstance): void {
  app.addSchema(errorSchema);
  app.setErrorHandler(answerError);
}

/** Answers `thrown` in the one error form; also for handlers that stream and must answer before their first byte. */
export function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toPiperError(thrown);
  if (error.status >= 500) request.log.error({ err: error.cause ?? thrown, code: error.code }, 'request failed');
  if (error.retryAfter !== undefined) void reply.header('retry-after', Math.max(1, Math.ceil(error.retryAfter)));
  return reply
    .code(error.status)
    .type('application/json; charset=utf-8')
    .send({
      ...errorBody(error, request.id),
      ...directusErrors(request.url, error),
    });
}

export function errorBody(error: PiperError, requestId: string): ErrorBody {
  const { code, message, details } = error;
  return { error: { code, message, ...(details === undefined ? {} : { details }), requestId } };
}

/** Maps whatever was thrown to an error of the catalogue. */
export function toPiperError(thrown: unknown): PiperError {
  if (thrown instanceof PiperError) return thrown;
  const error = thrown as Partial<FastifyError> & { code?: string; detail?: string; constraint?: string };
  if (error.validation) return validationError(error);
  return fastifyError(error) ?? postgresError(error) ?? new PiperError('internal', { cause: thrown });
}

function validationError(error: Partial<FastifyError>): PiperError {
  const details = error.validation?.map((v) => ({
    path: `${error.validationContext ?? ''}${v.instancePath.replaceAll('/', '.')}`.replace(/^\./, ''),
    message: explain(v),
  }));
  const first = details?.[0];
  return new PiperError('validation_failed', {
    ...(first ? { message: `Not valid: ${first.path} ${first.message}.` } : {}),
    details,
  });
}

function explain(v: { message?: string; keyword: string; params: Record<string, unknown> }): string {
  const extra = v.params['additionalProperty'];
  if (v.keyword === 'additionalProperties' && typeof extra === 'string') return `has an unknown field "${extra}"`;
  return v.message ?? 'is not valid';
}

const fastifyCodes: Record<string, () => PiperError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new PiperError('payload_too_large'),
  FST_REQ_FILE_TOO_LARGE: () => new PiperError('file_too_large'),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new PiperError('malformed_json'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new PiperError('malformed_json', { message: 'The body is empty, but its type says JSON.' }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new PiperError('unsupported_media_type'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new PiperError('malformed_json', { message: 'The body is shorter or longer than announced.' }),
  FST_ERR_BAD_URL: () => new PiperError('route_not_found'),
  FST_ERR_REP_INVALID_PAYLOAD_TYPE: () => new PiperError('internal'),
};

function fastifyError(error: { code?: string; statusCode?: number; message?: string }): PiperError | undefined {
  const known = error.code === undefined ? undefined : fastifyCodes[error.code];
  if (known) return known();
  if (error.code?.startsWith('FST_') && error.statusCode === 400) return new PiperError('validation_failed');
  return undefined;
}

/** SQLSTATE classes that say the server is away, starting or stopping; and what the sockets say. */
const unavailable = /^(08...|57P0[1-5]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT)$/;
const connectionLost =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/;

const inUseMeanwhile = (cause: unknown): PiperError =>
  new PiperError('conflict', { message: 'Somebody else changed this at the same moment. Try again.', cause });
const unstorableText = (cause: unknown): PiperError =>
  new PiperError('validation_failed', { message: 'A text holds characters that cannot be stored.', cause });

/** By SQLSTATE. */
const postgresCodes: Record<string, (cause: unknown) => PiperError> = {
  '23505': (cause) => new PiperError('already_exists', { cause }),
  '23503': (cause) => new PiperError('still_referenced', { cause }),
  '40001': inUseMeanwhile,
  '40P01': inUseMeanwhile,
  '55P03': inUseMeanwhile,
  '57014': (cause) => new PiperError('overloaded', { message: 'The query took too long and was stopped.', retryAfter: 5, cause }),
  '22021': unstorableText,
  '22P05': unstorableText,
  '22P02': unstorableText,
  '2201B': (cause) =>
    new PiperError('bad_filter', { message: 'The filter is not valid: its regular expression is wrong or too complex.', cause }),
  '53100': (cause) => new PiperError('storage_full', { cause }),
};

function postgresError(error: { code?: string; message?: string }): PiperError | undefined {
  const code = error.code ?? '';
  if (unavailable.test(code) || connectionLost.test(error.message ?? '')) {
    return new PiperError('database_unavailable', { retryAfter: 2, cause: error });
  }
  return postgresCodes[code]?.(error);
}
