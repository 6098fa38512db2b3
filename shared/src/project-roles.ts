/** Contracts of a project's custom roles, which members hold beside their built-in one and which rules may name. */
import Type, { type Static } from 'typebox';
import { dataOf, listOf, route, strict, timestamp, uuid } from './contract.ts';
import { limits } from './limits.ts';
import { projectRoles, type ProjectRole } from './system-models/roles.ts';

/** A project's id or slug, and a role's id or key. */
const reference = Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9-]+$' });
export const projectParam = strict({ project: reference });
const roleParams = strict({ project: reference, role: reference });

/** Form of a custom role's key. */
export const roleKeyPattern = '^[a-z][a-z0-9-]{0,39}$';

export const isBuiltInRole = (key: string): key is ProjectRole => (projectRoles as readonly string[]).includes(key);

export const projectRole = Type.Object({
  id: uuid,
  key: Type.String(),
  name: Type.String(),
  description: Type.String(),
  /** How many members hold it. */
  members: Type.Integer(),
  createdAt: timestamp,
  updatedAt: timestamp,
  version: Type.Integer(),
});
export type CustomRole = Static<typeof projectRole>;

const name = Type.String({ minLength: 1, maxLength: limits.title, pattern: '\\S' });
const description = Type.String({ maxLength: limits.description });
const tag = 'roles';

export const listRoles = route({
  method: 'GET',
  path: '/api/projects/:project/roles',
  summary: 'The custom roles of a project.',
  tag,
  params: projectParam,
  reply: listOf(projectRole),
});

export const createRole = route({
  method: 'POST',
  path: '/api/projects/:project/roles',
  summary: 'Add a custom role; rules and members name it by its key.',
  tag,
  status: 201,
  params: projectParam,
  body: strict({
    key: Type.Optional(
      Type.String({ pattern: roleKeyPattern, description: 'Made from the name when missing; fixed afterwards.' }),
    ),
    name,
    description: Type.Optional(description),
  }),
  reply: dataOf(projectRole),
});

export const readRole = route({
  method: 'GET',
  path: '/api/projects/:project/roles/:role',
  summary: 'Read a custom role.',
  tag,
  params: roleParams,
  reply: dataOf(projectRole),
});

export const updateRole = route({
  method: 'PATCH',
  path: '/api/projects/:project/roles/:role',
  summary: 'Change the name or description of a custom role.',
  tag,
  params: roleParams,
  body: strict({ name: Type.Optional(name), description: Type.Optional(description) }),
  reply: dataOf(projectRole),
});
export const replaceRole = { ...updateRole, method: 'PUT' } as const;

export const deleteRole = route({
  method: 'DELETE',
  path: '/api/projects/:project/roles/:role',
  summary: 'Delete a custom role. While members hold it or rules name it, only with `detach=true`, which takes it from them too.',
  tag,
  status: 204,
  params: roleParams,
  query: strict({ detach: Type.Optional(Type.Boolean()) }),
});
