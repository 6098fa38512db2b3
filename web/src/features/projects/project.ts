/** The project of the address: every screen below /p/$project takes it from here. */
import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Project } from '../../platform/queries.ts';
import { listRecords, readRecord, type BaseRecord } from '../../platform/records.ts';
import { useAccount } from '../../platform/session.ts';

export const projectQuery = (ref: string) =>
  queryOptions({ queryKey: ['project', ref], queryFn: () => readRecord<Project>('projects', ref), meta: { keep: true } });

/** Suspends until it is there; ProjectLayout catches failures. */
export function useProject(): Project {
  const { project } = useParams({ strict: false });
  return useSuspenseQuery(projectQuery(project ?? '')).data;
}

export type ProjectRole = 'owner' | 'admin' | 'member' | 'viewer';

export interface MemberRow extends BaseRecord {
  projectId: string;
  userId: string;
  role: ProjectRole;
  /** Keys of the project's own roles. */
  roles?: string[];
  createdAt: string;
  user: { id: string; name: string; email?: string; image: string | null } | null;
}

export const membersQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['members', projectId],
    queryFn: async ({ signal }) =>
      (
        await listRecords<MemberRow>(
          'members',
          { filter: { projectId: { _eq: projectId } }, fields: '*,user.id,user.name,user.image', sort: 'createdAt', limit: 1000 },
          signal,
        )
      ).data,
    meta: { keep: true },
  });

/** The own role in a project; undefined until it is known. */
export function useOwnRole(projectId: string): ProjectRole | undefined {
  const account = useAccount();
  const { data } = useQuery(membersQuery(projectId));
  return data?.find(({ userId }) => userId === account.id)?.role;
}

export const canWrite = (role: ProjectRole | undefined): boolean => role !== 'viewer';
export const canManage = (role: ProjectRole | undefined): boolean => role === 'owner' || role === 'admin';

/** Names of the project's members by their account; empty without a project. */
export function useMemberNames(project: string | undefined): ReadonlyMap<string, string> {
  const { data: place } = useQuery({ ...projectQuery(project ?? ''), enabled: project !== undefined });
  const { data: members = [] } = useQuery({ ...membersQuery(place?.id ?? ''), enabled: place !== undefined });
  return new Map(members.map(({ userId, user }) => [userId, user?.name ?? '']));
}
