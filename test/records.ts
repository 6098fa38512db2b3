/** A project with data models, for tests of their records. */
import type { NewField, NewModel } from '@piper/shared/data-models';
import type { Project } from '@piper/shared/projects';
import { system } from '../server/src/platform/actor.ts';
import { ctxFor } from '../server/src/platform/ctx.ts';
import { applyActions } from '../server/src/features/data-models/index.ts';
import { createProject, registerUser, type TestUser } from './accounts.ts';
import type { TestServer } from './harness.ts';

export interface RecordsProject {
  owner: TestUser;
  project: Project;
  /** Address of a data model's records. */
  at(model: string, rest?: string): string;
}

/** Makes a project of a new user with these data models, in this order; each may lead to those before it, or to itself. */
export async function createRecordsProject(server: TestServer, models: readonly NewModel[]): Promise<RecordsProject> {
  const owner = await registerUser(server);
  const project = await createProject(owner);
  await addModels(server, project.id, models);
  return { owner, project, at: (model, rest = '') => `/api/projects/${project.slug}/items/${model}${rest}` };
}

export async function addModels(server: TestServer, projectId: string, models: readonly NewModel[]): Promise<void> {
  const ctx = ctxFor(server.deps, system, 'test');
  for (const model of models) await applyActions(ctx, projectId, [{ do: 'create-model', model }]);
}

export const model = (key: string, fields: NewField[], more: Partial<NewModel> = {}): NewModel => ({
  key,
  label: key,
  labelPlural: key,
  fields,
  ...more,
});

export const text = (key: string, more: Partial<NewField> = {}): NewField => ({ type: 'text', key, ...more });

/** A many-to-one relation, with the list on the other side if `reverse` names one. */
export const toOne = (
  key: string,
  target: string,
  more: { reverse?: string; onDelete?: 'set-null' | 'restrict' | 'cascade'; required?: boolean } = {},
): NewField => ({
  type: 'relation',
  key,
  ...(more.required && { required: true }),
  relation: {
    kind: 'many-to-one',
    target,
    ...(more.onDelete && { onDelete: more.onDelete }),
    ...(more.reverse && { reverse: { key: more.reverse } }),
  },
});

export const toMany = (key: string, target: string, reverse?: string): NewField => ({
  type: 'relation',
  key,
  relation: { kind: 'many-to-many', target, ...(reverse && { reverse: { key: reverse } }) },
});
