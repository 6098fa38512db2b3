/** /health (is it alive, is its database), /ready (may traffic come), /metrics. */
import Type from 'typebox';
import { sql } from 'kysely';
import type { FastifyInstance } from 'fastify';
import { route } from '@piper/shared/contract';
import type { Deps } from '../deps.ts';
import { metrics } from '../metrics.ts';
import { version } from '../version.ts';
import { schemaOf } from './serve.ts';

const health = Type.Object({ status: Type.String(), database: Type.String(), version: Type.String() });
const healthRoute = route({
  method: 'GET',
  path: '/health',
  summary: 'Is Piper alive, and its database?',
  tag: 'health',
  access: 'public',
  reply: health,
});
const readyRoute = route({
  method: 'GET',
  path: '/ready',
  summary: 'May requests be sent here?',
  tag: 'health',
  access: 'public',
  reply: health,
});

export interface Readiness {
  /** False from the moment the process is asked to stop. */
  accepting: boolean;
}

export function serveHealth(app: FastifyInstance, deps: Deps, readiness: Readiness): void {
  const answer = async () => {
    const database = await isDatabaseUp(deps);
    const ok = database && readiness.accepting;
    return {
      ok,
      body: { status: ok ? 'ok' : database ? 'stopping' : 'failing', database: database ? 'ok' : 'unreachable', version },
    };
  };
  for (const contract of [healthRoute, readyRoute]) {
    const schema = schemaOf(contract) as { response: Record<string, unknown> };
    app.get(
      contract.path,
      { schema: { ...schema, response: { 200: health, 503: health } }, config: { access: 'public' } },
      async (_request, reply) => {
        const { ok, body } = await answer();
        return reply.code(ok ? 200 : 503).send(body);
      },
    );
  }
  app.get('/metrics', { schema: { hide: true }, config: { access: 'public' } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}

async function isDatabaseUp(deps: Deps): Promise<boolean> {
  const timeout = new Promise<false>((resolve) => setTimeout(resolve, 2_000, false).unref());
  const query = sql`select 1`.execute(deps.db).then(
    () => true,
    () => false,
  );
  return Promise.race([query, timeout]);
}
