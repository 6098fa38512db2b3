/** The AI models somebody can choose from. */
import type { FastifyInstance } from 'fastify';
import { listAiModels } from '@piper/shared/ai-providers';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';

export function serveAiModels(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, listAiModels, async (ctx, { query }) => {
    const list = await deps.llm.listModels(ctx, { refresh: query.refresh === true });
    const providers = deps.llm.providers.map(({ name, label }) => ({ name, label }));
    return { data: list.models, meta: { default: await deps.llm.defaultModel(ctx), providers, problems: list.failures } };
  });
}
