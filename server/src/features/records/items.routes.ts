/** `/api/projects/:project/items/:model[/:id]`: the records of a project's data models. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Deps } from '#platform/deps';
import { contextOf } from '#platform/http/serve';
import { createRecord, deleteRecord, listRecords, readRecord, updateRecord } from '#platform/records/records';
import { projectRecords } from '#features/data-models';

interface Params {
  project: string;
  model: string;
  id: string;
}

export function serveItems(app: FastifyInstance, deps: Deps): void {
  const place = async (request: FastifyRequest) => {
    const params = request.params as Params;
    return {
      ...params,
      ctx: await projectRecords(contextOf(deps, request), params.project),
      query: request.query as Record<string, unknown>,
    };
  };
  const url = '/api/projects/:project/items/:model';
  app.get(url, async (request) => {
    const { ctx, model, query } = await place(request);
    return listRecords(ctx, model, query);
  });
  app.get(`${url}/:id`, async (request) => {
    const { ctx, model, id } = await place(request);
    return { data: await readRecord(ctx, model, id) };
  });
  app.post(url, async (request) => {
    const { ctx, model } = await place(request);
    return { data: await createRecord(ctx, model, request.body) };
  });
  app.route({
    method: ['PATCH', 'PUT'],
    url: `${url}/:id`,
    handler: async (request) => {
      const { ctx, model, id } = await place(request);
      return { data: await updateRecord(ctx, model, id, request.body) };
    },
  });
  app.delete(`${url}/:id`, async (request, reply) => {
    const { ctx, model, id } = await place(request);
    await deleteRecord(ctx, model, id);
    return reply.code(204).send();
  });
}
