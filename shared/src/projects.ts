/** Contracts of projects beyond what the records engine serves: undo of deletion, members by e-mail address, invitations. */
import Type, { type Static } from 'typebox';
import { limits } from './limits.ts';
import { dataOf, listOf, nullable, route, strict, timestamp, uuid } from './contract.ts';
import { sentInvitation } from './identity.ts';

/** Wherever a route names a project, its id or its slug (a former one too) serves. */
export const projectParams = strict({ id: Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9-]+$' }) });

export const projectVerbs = ['read', 'write', 'manage', 'own'] as const;
/** What one may do with a project: see it; change what it holds; change itself and who belongs to it; give it away or delete it. */
export type ProjectVerb = (typeof projectVerbs)[number];

export const project = Type.Object({
  id: uuid,
  slug: Type.String(),
  name: Type.String(),
  description: Type.String(),
  createdAt: timestamp,
  updatedAt: timestamp,
  createdBy: nullable(uuid),
  version: Type.Integer(),
});
export type Project = Static<typeof project>;

export const deletedProject = Type.Intersect([project, Type.Object({ deletedAt: timestamp, restorableUntil: timestamp })]);

const tag = 'projects';

export const deleteProject = route({
  method: 'DELETE',
  path: '/api/projects/:id',
  summary: 'Delete a project. It can be restored for a day; then all that is its own is removed in one step.',
  tag,
  params: projectParams,
  reply: dataOf(deletedProject),
});

export const restoreProject = route({
  method: 'POST',
  path: '/api/projects/:id/restore',
  summary: 'Undo the deletion of a project.',
  tag,
  params: projectParams,
  reply: dataOf(project),
});

export const takeOverProject = route({
  method: 'POST',
  path: '/api/projects/:id/takeover',
  summary: "Become an owner of a project one doesn't own. For owners of the instance; its members are told, with the reason.",
  tag,
  params: projectParams,
  body: strict({ reason: Type.String({ minLength: 1, maxLength: limits.description, pattern: '\\S' }) }),
  reply: dataOf(project),
});

export const listDeletedProjects = route({
  method: 'GET',
  path: '/api/projects/deleted',
  summary: 'The own projects that were deleted and can still be restored.',
  tag,
  reply: listOf(deletedProject),
});

export const inviteToProject = route({
  method: 'POST',
  path: '/api/projects/:id/invitations',
  summary: 'Invite somebody to a project by e-mail address. The link is in this reply and never again.',
  tag: 'invitations',
  status: 201,
  params: projectParams,
  body: strict({
    email: Type.String({ format: 'email', maxLength: 254 }),
    role: Type.Optional(Type.Enum(['owner', 'admin', 'member', 'viewer'])),
  }),
  reply: dataOf(sentInvitation),
});
