/** `/api/projects/:project/openapi.json`, `/docs` and `/client.ts`: made once of each version of the definitions for all who see the same. */
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Contract } from '@piper/shared/contract';
import { readProjectClient, readProjectDocs, readProjectOpenApi } from '@piper/shared/project-documents';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { contextOf, schemaOf, type Http } from '#platform/http/serve';
import { boundedCache, type BoundedCache } from '#platform/records/bounded-cache';
import { mayWrite } from '#platform/key-scope';
import { readRecord, type Catalogue } from '#platform/records/records';
import { catalogueOfProject, projectRecords } from '#features/data-models';
import { clientFile } from '../client/client-file.ts';
import type { ProjectCtx } from '../items.place.ts';
import { docsPage, docsScript } from '../openapi/docs-page.ts';
import { openApiDocument } from '../openapi/document.ts';

interface Opened {
  ctx: ProjectCtx;
  version: number;
}

/** The project with its definitions and their version; `not_found` unless the actor belongs to it. */
async function openForDocuments(ctx: Ctx, idOrSlug: string): Promise<Opened> {
  const placed = await projectRecords(ctx, idOrSlug);
  const { catalogue, version } = await catalogueOfProject(ctx, placed.project.id);
  return { ctx: { ...placed, project: { ...placed.project, catalogue } }, version };
}

interface Written {
  bytes: Buffer;
  etag: string;
}

/** Of one version of a project's definitions. They go with it. */
const written = new WeakMap<Catalogue, BoundedCache<Promise<Written>>>();
const kept = 20;

/** One writing serves all who ask meanwhile. */
function writtenOnce({ ctx }: Opened, name: string, write: () => Promise<string>): Promise<Written> {
  const { catalogue } = ctx.project;
  const cache = written.get(catalogue) ?? boundedCache<Promise<Written>>(kept);
  written.set(catalogue, cache);
  const key = `${name} ${mayWrite(ctx) ? '' : 'reads '}${catalogue.rulesOf(ctx).key}`;
  const found = cache.get(key);
  if (found) return found;
  const made = write().then((text): Written => {
    const bytes = Buffer.from(text);
    return { bytes, etag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
  });
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  return made;
}

function send({ request, reply }: Http, { bytes, etag }: Written): Http['reply'] {
  void reply.header('etag', etag).header('cache-control', 'private, no-cache');
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim());
  return known?.some((tag) => tag === etag || tag === '*') ? reply.code(304).send() : reply.send(bytes);
}

const nameOf = async ({ ctx }: Opened): Promise<string> =>
  String((await readRecord(ctx, 'projects', ctx.project.id, ['name']))['name']);

export function serveDocuments(app: FastifyInstance, deps: Deps): void {
  const serveText = (contract: Contract, type: string, handle: (opened: Opened, http: Http) => Promise<Http['reply']>): void => {
    const schema = schemaOf(contract);
    const content = { [type.split(';')[0]!]: { schema: contract.reply } };
    const response = { ...(schema['response'] as object), 200: { description: contract.summary, content } };
    app.get<{ Params: { project: string } }>(
      contract.path,
      { schema: { ...schema, response }, config: { access: contract.access } },
      async (request, reply) => {
        const opened = await openForDocuments(contextOf(deps, request), request.params.project);
        return handle(opened, { request, reply: reply.type(type) });
      },
    );
  };
  serveText(readProjectOpenApi, 'application/json; charset=utf-8', async (opened, http) => {
    const title = await nameOf(opened);
    const document = () => openApiDocument(opened.ctx, { title, version: opened.version });
    return send(http, await writtenOnce(opened, `openapi ${title}`, document));
  });
  serveText(readProjectClient, 'text/plain; charset=utf-8', async (opened, http) => {
    void http.reply.header('content-disposition', 'attachment; filename="piper-client.ts"');
    return send(http, await writtenOnce(opened, 'client', () => clientFile(opened.ctx)));
  });
  serveText(readProjectDocs, 'text/html; charset=utf-8', async (opened, { reply }) => reply.send(docsPage(await nameOf(opened))));
  app.get('/api/docs/of-project.js', { schema: { hide: true }, config: { access: 'public' } }, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').header('cache-control', 'public, max-age=3600').send(docsScript),
  );
}
