/** Routes of the prompts feature. Lists come from the records engine. */
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { dataOf, strict } from '@piper/shared/contract';
import * as contracts from '@piper/shared/prompts';
import type { PromptReply } from '@piper/shared/prompts';
import type { Deps } from '#platform/deps';
import { ifMatchOf } from '#platform/http/if-match';
import { type Http, serve } from '#platform/http/serve';
import { readRecord } from '#platform/records/records';
import * as prompts from './prompts.service.ts';
import * as versions from './versions.service.ts';

export function serveRoutes(app: FastifyInstance, deps: Deps): void {
  servePrompts(app, deps);
  serveVersions(app, deps);
}

function servePrompts(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contracts.createPrompt, async (ctx, { body }, http) => answer(http, await prompts.createPrompt(ctx, body)));
  serveRead(app, deps);
  for (const method of ['PATCH', 'PUT'] as const) {
    serve(app, deps, { ...contracts.updatePrompt, method }, async (ctx, { params, body }, http) =>
      answer(http, await prompts.updatePrompt(ctx, params.id, body, ifMatchOf(http.request))),
    );
  }
  serve(app, deps, contracts.deletePrompt, async (ctx, { params }, { request }) => {
    await prompts.deletePrompt(ctx, params.id, ifMatchOf(request));
    return {};
  });
  serve(app, deps, contracts.activatePrompt, async (ctx, { params }, http) =>
    answer(http, await prompts.activatePrompt(ctx, params.id)),
  );
}

/** With `fields` it answers in the records' dialect, like every model; without, the prompt with its content. */
function serveRead(app: FastifyInstance, deps: Deps): void {
  const reply = dataOf(Type.Partial(contracts.promptReply, { additionalProperties: true }));
  const query = strict({ fields: Type.Optional(Type.Array(Type.String({ maxLength: 10_000 }))) });
  serve(app, deps, { ...contracts.readPrompt, query, reply }, async (ctx, { params, query: { fields } }, http) => {
    if (fields === undefined) return answer(http, await prompts.readPrompt(ctx, params.id));
    const paths = fields.flatMap((list) => list.split(',')).map((path) => path.trim());
    return { data: await readRecord(ctx, 'prompts', params.id, paths) };
  });
}

/** The ETag is what `If-Match` takes. */
function answer({ reply }: Http, data: PromptReply): { data: PromptReply } {
  void reply.header('etag', `"${data.version}"`);
  return { data };
}

function serveVersions(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contracts.createPromptVersion, async (ctx, { params, body }) => ({
    data: await versions.createVersion(ctx, params.id, body),
  }));
  serve(app, deps, contracts.listPromptVersions, (ctx, { params, query }) => versions.listVersions(ctx, params.id, query));
  serve(app, deps, contracts.readPromptVersion, async (ctx, { params }) => ({
    data: await versions.readVersion(ctx, params.id, params.number),
  }));
  serve(app, deps, contracts.restorePromptVersion, async (ctx, { params }) => ({
    data: await versions.restoreVersion(ctx, params.id, params.number),
  }));
  serve(app, deps, contracts.setPromptLabel, async (ctx, { params, body }) => ({
    data: await versions.setLabel(ctx, params.id, params.label, body.number),
  }));
  serve(app, deps, contracts.removePromptLabel, async (ctx, { params }) => {
    await versions.removeLabel(ctx, params.id, params.label);
    return {};
  });
  serve(app, deps, contracts.renderPromptPreview, async (ctx, { params, body }) => ({
    data: await versions.renderVersion(ctx, params.id, body),
  }));
}
