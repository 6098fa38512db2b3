/** Custom roles: what rules name beside the built-in ones. Only who manages the project makes and unmakes them. */
import type { Rule } from '@piper/shared/data-model';
import type { ModelAction } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { isBuiltInRole, roleKeyPattern } from '@piper/shared/project-roles';
import { userIdOf } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvent, appendEvents } from '#platform/events/append';
import { newId } from '#platform/ids';
import { accessProject } from '#features/projects';
import { applyActions } from './change-sets.service.ts';
import { loadDefinitions } from './definitions.repo.ts';
import { withoutRoles } from './edit/set-rules.ts';
import * as repo from './roles.repo.ts';
import { forgetRoleInTests, testsNaming } from './rules/permission-tests.repo.ts';

export type { RoleRow } from './roles.repo.ts';

/** The custom roles of a project, for all who belong to it. */
export async function listRoles(ctx: Ctx, project: string): Promise<repo.RoleRow[]> {
  const { id } = await accessProject(ctx, project, 'read');
  return repo.listRoles(ctx.db, id);
}

/** The role of this id or key. Throws `not_found`. */
export async function getRole(ctx: Ctx, project: string, reference: string): Promise<repo.RoleRow> {
  const { id } = await accessProject(ctx, project, 'read');
  return (await repo.findRole(ctx.db, id, reference)) ?? fail('not_found');
}

/** Adds a role; without a key it gets one from its name. */
export async function createRole(
  ctx: Ctx,
  project: string,
  input: { key?: string; name: string; description?: string },
): Promise<repo.RoleRow> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  return inTx(ctx, async (tx) => {
    const others = await repo.lockRoles(tx.db, projectId);
    const taken = others.map(({ key }) => key);
    if (others.length >= limits.rolesPerProject)
      fail('validation_failed', `A project has at most ${limits.rolesPerProject} custom roles.`);
    if (input.key !== undefined) requireFree(input.key, taken);
    const id = newId();
    const name = input.name.trim();
    requireOwnName(name, others);
    const role = { id, key: input.key ?? keyFor(name, taken), name, description: input.description ?? '' };
    await repo.insertRole(tx.db, { ...role, project_id: projectId, created_by: userIdOf(ctx.actor) ?? null });
    await appendEvent(tx, { ...place(projectId, id), type: 'role.created', data: { before: null, after: role } });
    return (await repo.findRole(tx.db, projectId, id))!;
  });
}

/** Changes what people read about a role. */
export async function updateRole(
  ctx: Ctx,
  project: string,
  reference: string,
  changes: { name?: string; description?: string },
): Promise<repo.RoleRow> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  return inTx(ctx, async (tx) => {
    const others = await repo.lockRoles(tx.db, projectId);
    const role = (await repo.findRole(tx.db, projectId, reference)) ?? fail('not_found');
    const before = { name: role.name, description: role.description };
    const after = { name: changes.name?.trim() ?? role.name, description: changes.description ?? role.description };
    if (before.name === after.name && before.description === after.description) return role;
    if (before.name !== after.name)
      requireOwnName(
        after.name,
        others.filter(({ id }) => id !== role.id),
      );
    if (!(await repo.updateRole(tx.db, role.id, after))) fail('not_found');
    await appendEvent(tx, { ...place(projectId, role.id), type: 'role.updated', data: { before, after } });
    return (await repo.findRole(tx.db, projectId, role.id)) ?? fail('not_found');
  });
}

/** Deletes a role. While it is in use: only with `detach`, which takes it from members, rules and permission tests first. */
export async function deleteRole(ctx: Ctx, project: string, reference: string, detach: boolean): Promise<void> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  const role = (await repo.findRole(ctx.db, projectId, reference)) ?? fail('not_found');
  const { models } = await loadDefinitions(ctx.db, projectId);
  // What lies in the bin lets go of it when it comes back.
  const naming = models.filter(
    (model) => model.deletedAt === undefined && model.rules.some((rule) => rule.roles?.includes(role.key)),
  );
  const tests = await testsNaming(ctx.db, projectId, role.key);
  if (!detach && (role.members > 0 || naming.length > 0 || tests.length > 0)) refuseInUse(role, naming, tests);
  const actions = naming.map((model): ModelAction => ({
    do: 'set-rules',
    model: model.id,
    rules: withoutRoles(model.rules, (key) => key === role.key),
  }));
  // Its own tests are forgotten with it.
  const ignoredTests = new Set(tests.map(({ id }) => id));
  if (actions.length > 0) await applyActions(ctx, projectId, actions, { ignoredTests });
  await inTx(ctx, async (tx) => {
    await forgetRoleInTests(tx.db, projectId, role.key);
    await takeFromMembers(tx, projectId, role.key);
    if (!(await repo.deleteRole(tx.db, role.id))) fail('not_found');
    const { key, name, description } = role;
    await appendEvent(tx, {
      ...place(projectId, role.id),
      type: 'role.deleted',
      data: { before: { key, name, description }, after: null },
    });
  });
}

function refuseInUse(
  role: repo.RoleRow,
  models: readonly { label: string; rules: readonly Rule[] }[],
  tests: readonly { name: string }[],
): never {
  const rules = models.flatMap(({ label, rules: all }) =>
    all.filter((rule) => rule.roles?.includes(role.key)).map((rule) => ({ model: label, rule: rule.id, action: rule.action })),
  );
  const uses = [
    counted(role.members, 'member holds', 'members hold'),
    counted(rules.length, 'rule names', 'rules name'),
    counted(tests.length, 'permission test names', 'permission tests name'),
  ].filter((part) => part !== '');
  fail(
    'still_referenced',
    `"${role.name}" is in use: ${uses.join(', ')} it. Delete it with detach=true to take it from them too.`,
    { members: role.members, rules, permissionTests: tests.map(({ name }) => name) },
  );
}

const counted = (count: number, one: string, many: string): string => (count === 0 ? '' : `${count} ${count === 1 ? one : many}`);

async function takeFromMembers(tx: TxCtx, projectId: string, key: string): Promise<void> {
  const members = await repo.detachRole(tx.db, projectId, key);
  const events = members.flatMap(({ id, user_id, before, after, version }) => {
    const data = { before: { roles: before, version: version - 1 }, after: { roles: after, version } };
    const event = { type: 'member.updated', subject: id, projectId, data };
    return [
      { ...event, topic: `project:${projectId}` },
      { ...event, topic: `user:${user_id}` },
    ];
  });
  await appendEvents(tx, events);
}

const place = (projectId: string, id: string) => ({ topic: `project:${projectId}`, projectId, subject: id });

function requireFree(key: string, taken: readonly string[]): void {
  const details = [{ path: 'key', message: 'is already taken' }];
  if (isBuiltInRole(key)) fail('already_exists', `"${key}" is a built-in role.`, details);
  if (taken.includes(key)) fail('already_exists', `There is already a role "${key}".`, details);
}

/** Two names that people can't tell apart would lead them to give rights to the wrong one. */
function requireOwnName(name: string, others: readonly { name: string }[]): void {
  const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
  const details = [{ path: 'name', message: 'is already taken' }];
  if (isBuiltInRole(plain(name))) fail('already_exists', `"${name}" is the name of a built-in role.`, details);
  const same = others.find((other) => plain(other.name) === plain(name));
  if (same) fail('already_exists', `There is already a role "${same.name}".`, details);
}

const keyForm = new RegExp(roleKeyPattern);

/** `Support (level 2)` → `support-level-2`; a number follows when it is taken. */
function keyFor(name: string, taken: readonly string[]): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 32);
  const base = keyForm.test(plain) ? plain : `role${plain === '' ? '' : `-${plain}`}`;
  for (let n = 1; ; n++) {
    const key = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(key) && !isBuiltInRole(key)) return key;
  }
}
