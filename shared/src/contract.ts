/**
 * One HTTP route as data: the server registers it, the web client calls it, OpenAPI derives from it.
 * Schemas are JSON Schema (TypeBox); a reply schema also filters what leaves the server.
 */
import Type, { type Static, type TObject, type TSchema } from 'typebox';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';

export interface Contract<
  P extends TSchema = TSchema,
  Q extends TSchema = TSchema,
  B extends TSchema = TSchema,
  R extends TSchema = TSchema,
> {
  method: Method;
  /** Fastify's form: `/api/threads/:id`. */
  path: string;
  summary: string;
  tag: string;
  /** `public` routes run without an actor; all others answer 401 without one. */
  access: 'public' | 'signed-in';
  /** Status of success. 204 replies have no body. */
  status: 200 | 201 | 202 | 204;
  params: P;
  query: Q;
  body: B;
  reply: R;
}

export const nothing = Type.Object({}, { additionalProperties: false });
export type Nothing = typeof nothing;

interface RouteInput<P, Q, B, R> {
  method: Method;
  path: string;
  summary: string;
  tag: string;
  access?: 'public' | 'signed-in';
  status?: 200 | 201 | 202 | 204;
  params?: P;
  query?: Q;
  body?: B;
  reply?: R;
}

/** Declares a route. What is left out is empty: no params, no query, no body, no reply. */
export function route<
  P extends TSchema = Nothing,
  Q extends TSchema = Nothing,
  B extends TSchema = Nothing,
  R extends TSchema = Nothing,
>(input: RouteInput<P, Q, B, R>): Contract<P, Q, B, R> {
  return {
    access: 'signed-in',
    status: 200,
    params: nothing as TSchema as P,
    query: nothing as TSchema as Q,
    body: nothing as TSchema as B,
    reply: nothing as TSchema as R,
    ...input,
  };
}

export interface Input<C extends Contract> {
  params: Static<C['params']>;
  query: Static<C['query']>;
  body: Static<C['body']>;
}
export type Reply<C extends Contract> = Static<C['reply']>;

/** An object that refuses fields it does not know; without this, extra fields would pass. */
export function strict<T extends Record<string, TSchema>>(properties: T, options: Record<string, unknown> = {}): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** The envelope of every successful reply. */
export const dataOf = <T extends TSchema>(schema: T) => Type.Object({ data: schema });
export const listOf = <T extends TSchema>(schema: T) =>
  Type.Object({ data: Type.Array(schema), meta: Type.Optional(Type.Record(Type.String(), Type.Unknown())) });

export const uuid = Type.String({ format: 'uuid' });
export const idParams = strict({ id: uuid });
export const timestamp = Type.String({ format: 'date-time' });
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
