/** Lists that more than one feature shows, and the shapes of their records. */
import { queryOptions } from '@tanstack/react-query';
import type { BaseRecord } from './records.ts';
import { listRecords } from './records.ts';

export interface Project extends BaseRecord {
  name: string;
  slug: string;
  description: string;
  updatedAt: string;
  createdAt: string;
}

export interface ThreadRow extends BaseRecord {
  title: string;
  projectId: string;
  lastMessageAt: string;
  archivedAt: string | null;
  currentLeafId: string | null;
}

export interface RunRow extends BaseRecord {
  kind: string;
  status: string;
  projectId: string | null;
  threadId: string | null;
  createdAt: string;
}

export interface PromptRow extends BaseRecord {
  title: string;
  projectId: string;
  active: boolean;
  latestVersion: number;
  updatedAt: string;
}

export const projectsQuery = queryOptions({
  queryKey: ['projects'],
  queryFn: async ({ signal }) => (await listRecords<Project>('projects', { sort: '-updatedAt', limit: 200 }, signal)).data,
  meta: { keep: true },
});

export const recentThreadsQuery = queryOptions({
  queryKey: ['threads', 'recent'],
  queryFn: async ({ signal }) =>
    (
      await listRecords<ThreadRow>(
        'threads',
        { sort: '-lastMessageAt', limit: 8, filter: { archivedAt: { _null: true } } },
        signal,
      )
    ).data,
  meta: { keep: true },
});

export const openRunsQuery = queryOptions({
  queryKey: ['runs', 'open'],
  queryFn: async ({ signal }) =>
    (
      await listRecords<RunRow>(
        'runs',
        { sort: '-createdAt', limit: 20, filter: { status: { _in: ['queued', 'running', 'waiting'] } } },
        signal,
      )
    ).data,
});

export const promptsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['prompts', projectId],
    queryFn: async ({ signal }) =>
      (
        await listRecords<PromptRow>(
          'prompts',
          { filter: { projectId: { _eq: projectId } }, sort: '-active,-updatedAt', limit: 200 },
          signal,
        )
      ).data,
    meta: { keep: true },
  });
