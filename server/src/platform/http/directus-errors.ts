/** Directus' clients read errors in its own form; under `/items` a refused request carries both. */
import type { ErrorCode, PiperError } from '@piper/shared/errors';

const underItems = /^\/api\/projects\/[^/]+\/(?:items|batch)(?:[/?]|$)/;

const codes: Partial<Record<ErrorCode, string>> = {
  validation_failed: 'INVALID_PAYLOAD',
  malformed_json: 'INVALID_PAYLOAD',
  bad_filter: 'INVALID_QUERY',
  unknown_field: 'INVALID_QUERY',
  bad_cursor: 'INVALID_QUERY',
  payload_too_large: 'CONTENT_TOO_LARGE',
  unsupported_media_type: 'UNSUPPORTED_MEDIA_TYPE',
  route_not_found: 'ROUTE_NOT_FOUND',
  unauthenticated: 'INVALID_CREDENTIALS',
  token_expired: 'TOKEN_EXPIRED',
  forbidden: 'FORBIDDEN',
  scope_insufficient: 'FORBIDDEN',
  // Directus does not tell either what it will not show from what is not there.
  not_found: 'FORBIDDEN',
  invalid_csrf_token: 'FORBIDDEN',
  rate_limited: 'REQUESTS_EXCEEDED',
  already_exists: 'RECORD_NOT_UNIQUE',
  still_referenced: 'INVALID_FOREIGN_KEY',
  rule_violated: 'FAILED_VALIDATION',
  record_too_wide: 'FAILED_VALIDATION',
  database_unavailable: 'SERVICE_UNAVAILABLE',
  overloaded: 'UNDER_PRESSURE',
  shutting_down: 'SERVICE_UNAVAILABLE',
  internal: 'INTERNAL_SERVER_ERROR',
};

export interface DirectusErrors {
  errors?: { message: string; extensions: { code: string; field?: string } }[];
}

/** The error in Directus' form, for addresses its clients ask; nothing for others. */
export function directusErrors(url: string, { code, message, details }: PiperError): DirectusErrors {
  if (!underItems.test(url)) return {};
  const first = Array.isArray(details) ? (details[0] as { path?: unknown } | undefined) : undefined;
  const field = typeof first?.path === 'string' && first.path !== '' ? { field: first.path } : {};
  return { errors: [{ message, extensions: { code: codes[code] ?? code.toUpperCase(), ...field } }] };
}
