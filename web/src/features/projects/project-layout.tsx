/** Around every screen of a project: loads it once, and says clearly when it is not there. */
import { useQuery } from '@tanstack/react-query';
import { Outlet, useParams } from '@tanstack/react-router';
import { useCallback } from 'react';
import { queryClient } from '../../platform/cache.ts';
import { useTopics } from '../../platform/live.ts';
import { PageQueryView } from '../shell/query-view.tsx';
import { projectQuery } from './project.ts';

export function ProjectLayout() {
  const { project: ref } = useParams({ strict: false });
  const query = useQuery(projectQuery(ref ?? ''));
  useProjectUpdates(query.data?.id);
  return <PageQueryView query={query}>{() => <Outlet />}</PageQueryView>;
}

/** What an event of the project's topic makes stale. */
function staleBy(type: string): readonly string[] {
  if (type.startsWith('change-set.')) return ['change-sets'];
  if (type === 'models.changed') return ['data-models', 'data-model', 'change-sets', 'records', 'record'];
  return ['project', 'projects', 'members', 'threads', 'runs'];
}

function useProjectUpdates(id: string | undefined): void {
  const topics = id ? [`project:${id}`, `project:${id}:model:prompts`] : [];
  useTopics(
    topics,
    useCallback(({ topic, type }) => {
      const keys = topic.endsWith(':prompts') ? ['prompts', 'prompt'] : staleBy(type);
      for (const key of keys) void queryClient.invalidateQueries({ queryKey: [key] });
    }, []),
  );
}
