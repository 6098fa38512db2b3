/** Requests to the API: the access token is added, refreshed once when it has expired, and failures become ApiErrors. */
import { ApiError, errorOf, networkError } from './api-error.ts';
import { refreshSession, validToken } from './session.ts';

export interface RequestOptions {
  query?: Record<string, unknown> | undefined;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Needs no one to be signed in. */
  isPublic?: boolean;
}

/** Sends a request and answers the raw reply; throws ApiError for every status that is not a success. */
export async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const token = options.isPublic ? undefined : await validToken();
  const first = await attempt(method, path, options, token);
  if (first.ok) return first;
  const error = await errorOf(first);
  // Other refusals with 401 (a wrong current password) are answers, not the end of a session.
  const isExpired = error.code === 'token_expired' || error.code === 'unauthenticated';
  if (!isExpired || !token || !(await refreshSession(token))) throw error;
  const second = await attempt(method, path, options, await validToken());
  if (second.ok) return second;
  throw await errorOf(second);
}

async function attempt(method: string, path: string, options: RequestOptions, token: string | undefined): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (token) headers['authorization'] = `Bearer ${token}`;
  const isForm = options.body instanceof FormData;
  if (options.body !== undefined && !isForm) headers['content-type'] = 'application/json';
  const body = options.body === undefined ? null : isForm ? (options.body as FormData) : JSON.stringify(options.body);
  try {
    return await fetch(path + queryString(options.query), {
      method,
      headers,
      body,
      signal: options.signal ?? null,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw networkError();
  }
}

/** Sends a request and answers the parsed body (undefined for 204). */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError({
      code: 'unknown',
      message: 'The server sent something that is not an answer. Reload the page.',
      status: response.status,
    });
  }
}

/** Objects and arrays travel as JSON, as the records dialect allows; undefined is left out. */
export function queryString(query: Record<string, unknown> | undefined): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === '') continue;
    params.set(key, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}
