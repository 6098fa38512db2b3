/** Registers a contract as a route: validation, reply filtering and OpenAPI come from its schemas. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '@piper/shared/errors';
import type { Contract, Input, Reply } from '@piper/shared/contract';
import type { Ctx } from '../ctx.ts';
import type { Deps } from '../deps.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the session hook; undefined when nobody is signed in. */
    actor: Ctx['actor'] | undefined;
  }
}

export interface Http {
  request: FastifyRequest;
  reply: FastifyReply;
}

/** The context of a request. Throws `unauthenticated` when nobody is signed in. */
export function contextOf(deps: Deps, request: FastifyRequest): Ctx {
  if (!request.actor) fail('unauthenticated');
  return { actor: request.actor, db: deps.db, log: request.log as Ctx['log'], deps, requestId: request.id };
}

type Handle<C extends Contract> = (ctx: Ctx, input: Input<C>, http: Http) => Promise<Reply<C>>;

/** Serves `contract`. The handler answers the whole body (`{ data, meta? }`); what the reply schema does not name is dropped. */
export function serve<C extends Contract>(app: FastifyInstance, deps: Deps, contract: C, handle: Handle<C>): void {
  app.route({
    method: contract.method,
    url: contract.path,
    schema: schemaOf(contract),
    config: { access: contract.access },
    handler: async (request, reply) => {
      const ctx = contract.access === 'public' ? publicContext(deps, request) : contextOf(deps, request);
      const input = { params: request.params, query: request.query, body: request.body } as Input<C>;
      const result = await handle(ctx, input, { request, reply });
      // Whoever answers by itself returns nothing; what is being compressed is not sent yet.
      if (reply.sent || (result === undefined && contract.status !== 204)) return reply;
      if (contract.status === 204) return reply.code(204).send();
      return reply.code(contract.status).send(result);
    },
  });
}

/** A public route has a context too; its actor is `system` only in the sense that no user's rights apply, so it must not read records. */
function publicContext(deps: Deps, request: FastifyRequest): Ctx {
  return { actor: request.actor ?? { kind: 'system' }, db: deps.db, log: request.log as Ctx['log'], deps, requestId: request.id };
}

/** Fastify's route schema of a contract. Streaming routes, which stay plain Fastify, use it as well. */
export function schemaOf(contract: Contract): Record<string, unknown> {
  const hasBody = contract.method !== 'GET' && (contract.method !== 'DELETE' || !takesNothing(contract.body));
  return {
    operationId: operationId(contract),
    summary: contract.summary,
    tags: [contract.tag],
    params: contract.params,
    querystring: contract.query,
    ...(hasBody ? { body: takesNothing(contract.body) ? noBody : contract.body } : {}),
    ...(contract.access === 'public' ? { security: [] } : {}),
    response: {
      [contract.status]: contract.status === 204 ? { type: 'null', description: 'Done' } : contract.reply,
      '4xx': { $ref: 'Error#' },
      '5xx': { $ref: 'Error#' },
    },
  };
}

/** A change without a body may be sent with none or with `{}`; fields that nobody reads are refused here too. */
const noBody = { type: ['object', 'null'], properties: {}, additionalProperties: false };

const takesNothing = (schema: object): boolean => 'properties' in schema && Object.keys(schema.properties as object).length === 0;

/** `GET /api/threads/:id/messages` → `getThreadsByIdMessages`: stable while the address is. */
export function operationId({ method, path }: Pick<Contract, 'method' | 'path'>): string {
  const words = path.split('/').filter((part) => part !== '' && part !== 'api');
  const camel = words.map((word) => (word.startsWith(':') ? `By-${word.slice(1)}` : word)).join('-');
  return (
    method.toLowerCase() + camel.replace(/(?:^|[^a-zA-Z0-9])+([a-zA-Z0-9])/g, (_all, letter: string) => letter.toUpperCase())
  );
}
