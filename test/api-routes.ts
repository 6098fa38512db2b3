/** The routes of the API as its OpenAPI document tells them, and requests that their schemas take. */
import type { InjectOptions } from 'fastify';
import type { TestServer } from './harness.ts';

export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Schema[];
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  format?: string;
  minProperties?: number;
  minLength?: number;
  minimum?: number;
  default?: unknown;
}
interface Operation {
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}
export interface Route extends Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
}

/** A value that the schema takes. */
export function sample(schema: Schema): unknown {
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.anyOf) return sample(schema.anyOf[0]!);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  return samples[type ?? 'string']?.(schema);
}

const texts: Record<string, string> = { email: 'somebody@example.com', uuid: '00000000-0000-7000-8000-000000000000' };
const samples: Record<string, (schema: Schema) => unknown> = {
  object: ({ required, properties = {}, minProperties = 0 }) => {
    const keys = required ?? Object.keys(properties).slice(0, minProperties);
    return Object.fromEntries(keys.map((key) => [key, sample(properties[key] ?? { type: 'string' })]));
  },
  array: () => [],
  integer: ({ minimum = 1 }) => minimum,
  number: ({ minimum = 1 }) => minimum,
  boolean: () => true,
  string: ({ format = '', minLength = 1 }) => texts[format] ?? 'x'.repeat(Math.max(1, minLength)),
};

export const bodySchema = (route: Route): Schema | undefined => route.requestBody?.content['application/json']?.schema;
export const pathParameters = (route: Route) => (route.parameters ?? []).filter((parameter) => parameter.in === 'path');

/** The route with `id` in the place of its first parameter, and otherwise what it takes. */
export function requestOf(route: Route, id: string, body: unknown = sample(bodySchema(route) ?? {})): InjectOptions {
  const [first, ...others] = pathParameters(route);
  let url = first ? route.path.replace(`{${first.name}}`, id) : route.path;
  for (const { name, schema } of others) url = url.replace(`{${name}}`, String(sample(schema)));
  return { method: route.method, url, ...(bodySchema(route) && { payload: body as object }) };
}

/** All of them, except those that are hidden from the document. */
export async function listRoutes(server: TestServer): Promise<Route[]> {
  const document = (await server.app.inject('/api/openapi.json')).json<{ paths: Record<string, Record<string, Operation>> }>();
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase() as Route['method'],
    })),
  );
}
