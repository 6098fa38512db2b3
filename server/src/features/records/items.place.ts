/** Where a request about records is: the project's context, the model, and what is answered. */
import type { FastifyReply } from 'fastify';
import { fail } from '@piper/shared/errors';
import type { Ctx, ProjectPlace } from '#platform/ctx';
import { isModelKnown } from '#platform/records/actor-rules';
import { findRecord } from '#platform/records/read';
import { catalogueOf, entryOf } from '#platform/records/catalogue';
import { parseReadQuery, type RawQuery } from '#platform/records/query';
import { listRecords, type Values } from '#platform/records/records';
import { withFreshCatalogue } from '#features/data-models';

export type ProjectCtx = Ctx & { project: ProjectPlace };

export interface Place {
  ctx: ProjectCtx;
  model: string;
  query: RawQuery;
}

/** Does the work where the address says: in the project, on the model, by its newest definitions. Throws `not_found`. */
export function inPlace<R>(
  ctx: Ctx,
  params: { project: string; model: string },
  query: unknown,
  work: (place: Place) => Promise<R>,
): Promise<R> {
  return withFreshCatalogue(ctx, params.project, (own) =>
    work({ ctx: own, model: requireOwnModel(own, params.model), query: query as RawQuery }),
  );
}

/** What a write answers, so that it can be answered again. */
export interface Answer {
  body: unknown;
  etag?: string;
}

/** The model as the project names it. Piper's own are not served here, nor one of which no rule gives the actor anything. Throws `not_found`. */
export function requireOwnModel(ctx: Ctx, reference: string): string {
  const { model } = entryOf(ctx, reference);
  if (model.projectId === undefined || !isModelKnown(catalogueOf(ctx).rulesOf(ctx), model))
    fail('not_found', 'There is no such model.');
  return model.key;
}

export const tagOf = (record: Values): string | undefined =>
  typeof record['version'] === 'number' ? `"${record['version']}"` : undefined;

/** The answer about one record, in the shape asked for by `fields`. */
export async function answerOne(ctx: Ctx, model: string, record: Values, query: RawQuery): Promise<Answer> {
  const asked = shapeAsked(query);
  const etag = tagOf(record);
  const body = { data: asked === undefined ? record : await shapeOne(ctx, model, record, asked) };
  return { body, ...(etag === undefined ? {} : { etag }) };
}

async function shapeOne(ctx: Ctx, model: string, record: Values, asked: RawQuery): Promise<Values> {
  return (await findRecord(ctx, entryOf(ctx, model).model, record['id'], parseReadQuery(asked))) ?? { id: record['id'] };
}

/** The answer about several records, in the shape asked for and in their order. */
export async function answerMany(ctx: Ctx, model: string, records: readonly Values[], query: RawQuery): Promise<Answer> {
  const asked = shapeAsked(query);
  if (asked === undefined || records.length === 0) return { body: { data: records } };
  const fields = parseReadQuery(asked).fields ?? ['*'];
  const ids = records.map((record) => String(record['id']));
  const others = Object.fromEntries(Object.entries(asked).filter(([key]) => !/^fields(?:\[|$)/.test(key)));
  const raw = { ...others, fields: [...fields, 'id'], filter: { id: { _in: ids } }, limit: -1 };
  const data = (await listRecords(ctx, model, raw)).data as Values[];
  const byId = new Map(data.map((record) => [String(record['id']), record]));
  const shaped = ids.map((id) => byId.get(id)).filter((record) => record !== undefined);
  if (!fields.includes('id') && !fields.includes('*')) for (const record of shaped) delete record['id'];
  return { body: { data: shaped } };
}

/** What a write's address says about the shape of its reply; other parameters are the write's own. */
function shapeAsked(query: RawQuery): RawQuery | undefined {
  const own = Object.entries(query).filter(([key]) => /^(?:fields|deep|alias)(?:\[|$)/.test(key));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** Whether a write's reply has to be read anew. */
export const asksShape = (query: RawQuery): boolean => shapeAsked(query) !== undefined;

export function sendAnswer(reply: FastifyReply, { body, etag }: Answer): unknown {
  if (etag !== undefined) void reply.header('etag', etag);
  return body;
}
