/** Filters that most rules of Piper's own models are made of. */
import type { Filter } from '../filter/filter.ts';

export type ProjectRole = 'owner' | 'admin' | 'member' | 'viewer';
export const projectRoles: readonly ProjectRole[] = ['owner', 'admin', 'member', 'viewer'];

/** Roles that may change what a project holds. */
export const editors: readonly ProjectRole[] = ['owner', 'admin', 'member'];
/** Roles that may change the project itself and who belongs to it. */
export const managers: readonly ProjectRole[] = ['owner', 'admin'];

/** How types of a project's events begin that only those who manage it hear: they tell of addresses, rules and hidden fields. */
export const managedEvents: readonly string[] = ['invitation.', 'permission-test.', 'records.', 'change-set.', 'database.'];
/** Kinds of a project's runs whose steps tell as much. */
export const managedRuns: readonly string[] = ['change-set', 'attach-database'];

export const own: Filter = { userId: { _eq: '$CURRENT_USER' } };

/** The row's project (the row itself with `path` '') has the current user as a member, in one of `roles` if given. */
export function memberOf(path: 'project' | '', roles?: readonly ProjectRole[]): Filter {
  const role: Filter = roles ? { role: { _in: [...roles] } } : {};
  const members: Filter = { members: { _some: { userId: { _eq: '$CURRENT_USER' }, ...role } } };
  return path === '' ? members : { [path]: members };
}

/** The row's thread (the row itself with `path` '') has the current user as a participant, who still belongs to its project. */
export function participantOf(path: 'thread' | '', roles?: readonly ProjectRole[]): Filter {
  const thread: Filter = { participants: { _some: { userId: { _eq: '$CURRENT_USER' } } }, ...memberOf('project', roles) };
  return path === '' ? thread : { [path]: thread };
}
