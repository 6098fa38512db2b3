/** Calls a contract of shared/src by its name: path, input and reply are typed by it and can't drift. */
import type { Contract, Reply } from '@piper/shared/contract';
import type { Static } from 'typebox';
import { request } from './http.ts';
import { routeTable, type RouteContracts } from './routes.gen.ts';

// oxlint-disable-next-line typescript/no-empty-object-type -- because it asks whether nothing at all would do
type MayBeLeftOut<T> = {} extends T ? true : false;
type Part<Name extends string, T> = MayBeLeftOut<T> extends true ? { [K in Name]?: T } : { [K in Name]: T };
type ApiInput<C extends Contract> = Part<'params', Static<C['params']>> &
  Part<'query', Static<C['query']>> &
  Part<'body', Static<C['body']>>;
type Arguments<C extends Contract> =
  MayBeLeftOut<ApiInput<C>> extends true ? [input?: ApiInput<C>, options?: Options] : [input: ApiInput<C>, options?: Options];

interface Options {
  signal?: AbortSignal;
  isPublic?: boolean;
  headers?: Record<string, string>;
}

export type RouteName = keyof RouteContracts & keyof typeof routeTable;

/** Calls the route and answers its body (`{ data, meta? }`). Throws ApiError. */
export function api<N extends RouteName>(
  name: N,
  ...[input, options]: Arguments<RouteContracts[N]>
): Promise<Reply<RouteContracts[N]>> {
  const [method, path] = routeTable[name];
  const { params, query, body } = (input ?? {}) as {
    params?: Record<string, string | number>;
    query?: Record<string, unknown>;
    body?: unknown;
  };
  // A body that may be left out is still an object for the server, which validates it.
  const sent = method === 'POST' || method === 'PATCH' || method === 'PUT' ? (body ?? {}) : undefined;
  return request(method, fillPath(path, params ?? {}), { query, body: sent, ...options });
}

/** `/api/projects/:id` with its parameters filled in. */
export function fillPath(path: string, params: Record<string, string | number>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`The path ${path} needs ${name}`);
    return encodeURIComponent(String(value));
  });
}
