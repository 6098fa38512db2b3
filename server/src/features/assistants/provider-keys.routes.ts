/** Routes of provider keys. */
import type { FastifyInstance } from 'fastify';
import { checkProviderKey, deleteProviderKey, listProviderKeys, putProviderKey } from '@piper/shared/ai-providers';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import { checkKey, deleteKey, listKeys, putKey } from './provider-keys.service.ts';

export function serveProviderKeys(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, listProviderKeys, (ctx) => listKeys(ctx));
  serve(app, deps, putProviderKey, async (ctx, { params, body }) => ({ data: await putKey(ctx, params.provider, body) }));
  serve(app, deps, deleteProviderKey, async (ctx, { params, query }) => {
    await deleteKey(ctx, params.provider, query.scope);
    return {};
  });
  serve(app, deps, checkProviderKey, async (ctx, { params, body }) => {
    const data = await checkKey(ctx, params.provider, body);
    return { data, meta: { count: data.length } };
  });
}
