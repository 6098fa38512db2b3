/** Contracts of what is made of a project's definitions for other programs and their authors. */
import Type from 'typebox';
import { route, strict } from './contract.ts';

const params = strict({ project: Type.String({ description: 'Id or slug of the project.' }) });
const base = '/api/projects/:project';
const tag = 'documents';

export const readProjectOpenApi = route({
  method: 'GET',
  path: `${base}/openapi.json`,
  summary: 'OpenAPI 3.1 of the project’s records, as far as one may see and change them',
  tag,
  params,
  reply: Type.Object({}, { additionalProperties: true }),
});

export const readProjectClient = route({
  method: 'GET',
  path: `${base}/client.ts`,
  summary: 'A typed TypeScript client of the project’s records, in one file that needs no other',
  tag,
  params,
  reply: Type.String(),
});

export const readProjectDocs = route({
  method: 'GET',
  path: `${base}/docs`,
  summary: 'The OpenAPI document of the project as a page to read and try',
  tag,
  params,
  reply: Type.String(),
});
