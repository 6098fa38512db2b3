/** Files: uploading, the content and removing. Lists, reading and renaming come from the records engine. */
import Type from 'typebox';
import { dataOf, idParams, nullable, route, strict, timestamp, uuid } from './contract.ts';

const tag = 'files';

export const fileReply = Type.Object({
  id: uuid,
  projectId: nullable(uuid),
  name: Type.String(),
  mediaType: Type.String(),
  size: Type.Integer(),
  /** When it is removed unless something comes to use it. */
  orphanAfter: nullable(timestamp),
  createdAt: timestamp,
  updatedAt: timestamp,
  createdBy: nullable(uuid),
  version: Type.Integer(),
});

/** The body is multipart: the field `file`, and optionally `projectId` (id or slug), best before the file. */
export const uploadFile = route({
  method: 'POST',
  path: '/api/files',
  tag,
  summary: 'Upload a file, to a project or only for yourself. Unused files of no project are removed after a day.',
  status: 201,
  reply: dataOf(fileReply),
});

/** Answers bytes, with `Range`, `If-None-Match` and `If-Range`. */
export const readFileBytes = route({
  method: 'GET',
  path: '/api/files/:id/content',
  tag,
  summary: 'Read the content of a file, or a range of it.',
  params: idParams,
  /** `?download` saves the file instead of showing it. */
  query: strict({ download: Type.Optional(Type.Enum(['', '1', 'true', '0', 'false'])) }),
});

export const deleteFile = route({
  method: 'DELETE',
  path: '/api/files/:id',
  tag,
  summary: 'Delete a file; it also disappears from the messages it was attached to.',
  status: 204,
  params: idParams,
});
