/** Permission tests: what must be allowed and refused, kept as data by those who manage the project. */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { PermissionTest, TestOutcome } from '@piper/shared/project-rules';
import { userIdOf } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { newId } from '#platform/ids';
import { accessProject } from '#features/projects';
import { loadDefinitions } from '../definitions.repo.ts';
import * as repo from './permission-tests.repo.ts';
import { outcomesOf } from './run-tests.ts';

export async function listPermissionTests(ctx: Ctx, project: string): Promise<repo.TestRow[]> {
  const { id } = await accessProject(ctx, project, 'manage');
  return repo.listTests(ctx.db, id);
}

export async function getPermissionTest(ctx: Ctx, project: string, test: string): Promise<repo.TestRow> {
  const { id } = await accessProject(ctx, project, 'manage');
  return (await repo.findTest(ctx.db, id, test)) ?? fail('not_found');
}

/** Keeps a test. It need not pass: it may say what is still to be reached. */
export async function createPermissionTest(ctx: Ctx, project: string, asked: PermissionTest): Promise<repo.TestRow> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  const definition = withoutNoFields(asked);
  requireWhole(definition);
  return inTx(ctx, async (tx) => {
    if ((await repo.lockTests(tx.db, projectId)) >= limits.permissionTests)
      fail('validation_failed', `A project has at most ${limits.permissionTests} permission tests.`);
    const id = newId();
    await repo.insertTest(tx.db, { id, projectId, definition, createdBy: userIdOf(ctx.actor) ?? null });
    await appendEvent(tx, {
      ...place(projectId, id),
      type: 'permission-test.created',
      data: { before: null, after: definition },
    });
    return (await repo.findTest(tx.db, projectId, id))!;
  });
}

/** Changes a test; what is not named stays. */
export async function updatePermissionTest(
  ctx: Ctx,
  project: string,
  test: string,
  changes: Partial<PermissionTest>,
): Promise<repo.TestRow> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  return inTx(ctx, async (tx) => {
    const { definition: before } = (await repo.lockTest(tx.db, projectId, test)) ?? fail('not_found');
    const after = withoutNoFields({ ...before, ...changes });
    requireWhole(after);
    if (!(await repo.updateTest(tx.db, test, after))) fail('not_found');
    await appendEvent(tx, { ...place(projectId, test), type: 'permission-test.updated', data: { before, after } });
    return (await repo.findTest(tx.db, projectId, test)) ?? fail('not_found');
  });
}

export async function deletePermissionTest(ctx: Ctx, project: string, test: string): Promise<void> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  await inTx(ctx, async (tx) => {
    const { definition } = (await repo.lockTest(tx.db, projectId, test)) ?? fail('not_found');
    if (!(await repo.deleteTest(tx.db, projectId, test))) fail('not_found');
    await appendEvent(tx, {
      ...place(projectId, test),
      type: 'permission-test.deleted',
      data: { before: definition, after: null },
    });
  });
}

/** Tries all tests against the definitions in force. */
export async function runTests(ctx: Ctx, project: string): Promise<TestOutcome[]> {
  const { id } = await accessProject(ctx, project, 'manage');
  const { models } = await loadDefinitions(ctx.db, id);
  return outcomesOf(ctx, id, models);
}

const place = (projectId: string, id: string) => ({ topic: `project:${projectId}`, projectId, subject: id });

/** No fields in particular are as good as none named: how a change takes them away. */
function withoutNoFields({ fields, ...rest }: PermissionTest): PermissionTest {
  return fields?.length ? { ...rest, fields } : rest;
}

function requireWhole({ as, action, record }: PermissionTest): void {
  const refuse = (path: string, message: string): never =>
    fail('validation_failed', `Not valid: "${path}" ${message}.`, [{ path, message }]);
  if ((as.member === undefined) === (as.roles === undefined)) refuse('as', 'must name either a "member" or "roles"');
  const isNamed = [record.id, record.filter].filter((part) => part !== undefined).length === 1;
  if (action === 'create' && (isNamed || record.values === undefined))
    refuse('record', 'must have "values", and only them, for "create"');
  if (action !== 'create' && !isNamed) refuse('record', 'must have either an "id" or a "filter"');
  if ((action === 'read' || action === 'delete') && record.values !== undefined)
    refuse('record.values', `does not suit the action "${action}"`);
}
