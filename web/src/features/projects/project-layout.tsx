/** Around every screen of a project: loads it once, and says clearly when it is not there. */
import { useQuery } from '@tanstack/react-query';
import { Outlet, useParams } from '@tanstack/react-router';
import { queryClient } from '../../platform/cache.ts';
import { useTopics, type LiveEvent } from '../../platform/live.ts';
import { PageQueryView } from '../shell/query-view.tsx';
import { projectQuery } from './project.ts';

export function ProjectLayout() {
  const { project: ref } = useParams({ strict: false });
  const query = useQuery(projectQuery(ref ?? ''));
  useProjectUpdates(query.data?.id);
  return <PageQueryView query={query}>{() => <Outlet />}</PageQueryView>;
}

const definitions = ['data-models', 'data-model', 'change-sets', 'records', 'record'];
const project = ['project', 'projects', 'members', 'roles', 'threads', 'runs'];

/** What an event of the project's topic makes stale. Whoever has other rights sees other definitions; a gap may hide any event. */
function staleBy(type: string): readonly string[] {
  if (type.startsWith('change-set.')) return ['change-sets'];
  if (type === 'models.changed') return definitions;
  return type === 'snapshot' || /^(?:member|role)\./.test(type) ? [...project, ...definitions] : project;
}

function refreshAfter({ topic, type }: LiveEvent): void {
  const keys = topic.endsWith(':prompts') ? ['prompts', 'prompt'] : staleBy(type);
  for (const key of keys) void queryClient.invalidateQueries({ queryKey: [key] });
}

function useProjectUpdates(id: string | undefined): void {
  useTopics(id ? [`project:${id}`, `project:${id}:model:prompts`] : [], refreshAfter);
}
