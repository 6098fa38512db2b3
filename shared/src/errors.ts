/**
 * The catalogue of every error code Piper answers with: its HTTP status and the sentence a person sees when the
 * thrower has nothing more exact to say. Codes are never reused. `docs/errors.md` lists the same set (parity-tested).
 */
export const errorCatalogue = {
  // The request itself
  validation_failed: { status: 400, message: 'The request is not valid. See details for the fields to correct.' },
  malformed_json: { status: 400, message: 'The body is not valid JSON in UTF-8.' },
  bad_filter: { status: 400, message: 'The filter is not valid.' },
  unknown_field: { status: 400, message: 'There is no such field.' },
  bad_cursor: { status: 400, message: 'The cursor is not valid. Read again from the start.' },
  payload_too_large: { status: 413, message: 'The request is too large.' },
  unsupported_media_type: { status: 415, message: 'This content type is not supported.' },
  route_not_found: { status: 404, message: 'There is no such address.' },
  // Who is asking
  unauthenticated: { status: 401, message: 'Sign in to go on.' },
  token_expired: { status: 401, message: 'The access token has expired. Refresh it and try again.' },
  invalid_credentials: { status: 401, message: 'The e-mail address or the password is wrong.' },
  refresh_token_invalid: { status: 401, message: 'The session has ended. Sign in again.' },
  invalid_csrf_token: { status: 403, message: 'Invalid CSRF token' },
  forbidden: { status: 403, message: 'You may not do this.' },
  scope_insufficient: { status: 403, message: 'This API key may not do this.' },
  registration_closed: { status: 403, message: 'Registration is closed. Ask an administrator for an invitation.' },
  rate_limited: { status: 429, message: 'Too many requests. Wait a moment and try again.' },
  // Things
  not_found: { status: 404, message: 'It does not exist, or you may not see it.' },
  conflict: { status: 409, message: 'This conflicts with what is already there.' },
  already_exists: { status: 409, message: 'This value is already taken.' },
  still_referenced: { status: 409, message: 'Other things still refer to this.' },
  still_used: { status: 409, message: 'Other definitions build on this. Change them first; see details.' },
  idempotency_conflict: { status: 409, message: 'The same id was already used with another content.' },
  version_mismatch: { status: 412, message: 'It was changed meanwhile. Read it again and repeat your change.' },
  rule_violated: { status: 422, message: 'A rule does not allow this value.' },
  record_too_wide: {
    status: 422,
    message: 'The record holds more than fits into one row of the table. Shorten texts or use fewer fields.',
  },
  // Change sets
  permission_tests_failed: { status: 422, message: 'Permission tests of the project would fail. See details.' },
  change_set_refused: { status: 422, message: 'The data does not allow this change. See details for the records in the way.' },
  change_set_unfinished: {
    status: 409,
    message: 'Another change to this project is being applied. Wait for it, then try again.',
  },
  table_busy: { status: 409, message: 'The table was in use all the time. End long queries on it, then try again.' },
  // Identity
  email_taken: { status: 409, message: 'This e-mail address already has an account. Sign in instead.' },
  password_too_long: { status: 400, message: 'The password is longer than 72 bytes. Choose a shorter one.' },
  password_too_short: { status: 400, message: 'The password needs at least 8 characters.' },
  invitation_invalid: { status: 404, message: 'The invitation is unknown, used or expired. Ask for a new one.' },
  last_owner: { status: 422, message: 'There must remain at least one owner.' },
  // Files
  file_too_large: { status: 413, message: 'The file is too large.' },
  file_type_refused: { status: 415, message: 'Files of this type are not accepted.' },
  file_missing: { status: 400, message: 'The upload holds no file. Send one in the multipart field "file".' },
  upload_incomplete: { status: 400, message: 'The upload ended before the file was complete. Send it again.' },
  range_not_satisfiable: { status: 416, message: 'The file has no such range of bytes.' },
  storage_unavailable: { status: 503, message: 'The file storage cannot be reached at the moment. Try again.' },
  storage_full: { status: 507, message: 'There is no room left to store the file. Free some space and try again.' },
  // Prompts
  prompt_content_invalid: { status: 400, message: 'The content of the prompt cannot be used as a template. See details.' },
  prompt_variable_invalid: { status: 400, message: 'A variable of the prompt is not declared correctly. See details.' },
  prompt_values_invalid: { status: 422, message: 'Values of the prompt are missing or of the wrong type. See details.' },
  // Chat and runs
  thread_gone: { status: 404, message: 'The thread was deleted.' },
  message_too_long: { status: 413, message: 'The message is too long.' },
  turn_in_progress: { status: 409, message: 'An answer is already being written here. Stop it or wait for it.' },
  variable_missing: { status: 422, message: 'A variable of the prompt has no value.' },
  run_interrupted: { status: 409, message: 'The server stopped while this was running. Start it again to go on.' },
  step_unconfirmed: {
    status: 409,
    message: 'A step was cut off and may have taken effect already. Check it, then start the run again.',
  },
  run_finished: { status: 409, message: 'The run has already ended.' },
  // AI providers
  provider_not_configured: { status: 422, message: 'This provider has no key. Add one in the settings.' },
  provider_auth: { status: 422, message: 'The provider refused the key. Check it in the settings.' },
  provider_quota: { status: 422, message: 'The account at the provider has no credit left.' },
  provider_rate_limited: { status: 429, message: 'The provider asks to slow down. Try again in a moment.' },
  provider_unavailable: { status: 502, message: 'The provider cannot be reached or has a failure. Try again.' },
  provider_timeout: { status: 504, message: 'The provider did not answer in time. Try again.' },
  provider_bad_request: { status: 422, message: 'The provider refused the request.' },
  provider_bad_reply: { status: 502, message: 'The provider sent something that could not be understood.' },
  provider_context_too_long: { status: 422, message: 'The conversation is too long for this AI model.' },
  provider_content_refused: { status: 422, message: 'The provider refused the content.' },
  ai_model_unknown: { status: 422, message: 'There is no such AI model. Choose another one.' },
  database_refused: { status: 422, message: 'The database to attach refuses the connection. Check its address and account.' },
  database_lost: {
    status: 502,
    message: 'The connection to the attached database was lost. Go on when it can be reached again.',
  },
  outbound_refused: { status: 422, message: 'This address may not be contacted from the server.' },
  // The service
  database_unavailable: { status: 503, message: 'The database cannot be reached at the moment. Try again.' },
  overloaded: { status: 503, message: 'The server is busy. Try again in a moment.' },
  shutting_down: { status: 503, message: 'The server is restarting. Try again in a moment.' },
  internal: { status: 500, message: 'Something went wrong on our side. The request id helps to find it.' },
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

/** The body of every refused request. `details` never holds internals. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; details?: unknown; requestId: string };
}

/** An expected outcome with a code of the catalogue; anything else that is thrown is a bug and answers `internal`. */
export class PiperError extends Error {
  readonly code: ErrorCode;
  readonly details: unknown;
  /** Seconds after which a retry makes sense; becomes the `Retry-After` header. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, options: { message?: string; details?: unknown; retryAfter?: number; cause?: unknown } = {}) {
    super(options.message ?? errorCatalogue[code].message, { cause: options.cause });
    this.name = 'PiperError';
    this.code = code;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }
}

/** Throws the error of this code. `message` says what happened and what to do next, if the catalogue's sentence is too general. */
export function fail(code: ErrorCode, message?: string, details?: unknown): never {
  throw new PiperError(code, { ...(message === undefined ? {} : { message }), details });
}
