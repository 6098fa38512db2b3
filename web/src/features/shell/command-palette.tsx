/** ⌘K: go anywhere, find any project, thread or prompt, do the common things. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  FolderKanban,
  House,
  KeyRound,
  LogOut,
  MessagesSquare,
  Moon,
  Plug,
  ScrollText,
  Settings,
  Sun,
  TableProperties,
  UsersRound,
} from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { listRecords } from '../../platform/records.ts';
import { projectsQuery, type Project, type PromptRow, type ThreadRow } from '../../platform/queries.ts';
import { signOut } from '../../platform/session.ts';
import { setTheme } from '../../platform/theme.ts';
import { Picker, type PickerItem } from '../../ui/picker.tsx';

// oxlint-disable-next-line import/no-default-export -- React.lazy reads the default export
export default function CommandPalette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const text = useDeferredValue(typed.trim());
  const projects = useQuery(projectsQuery).data ?? [];
  const found = useQuery({
    queryKey: ['palette', text],
    queryFn: () => search(text),
    staleTime: 5_000,
    placeholderData: (previous) => previous,
  });
  const items = [...useResults(projects, found.data), ...usePlaces(projects)];
  return (
    <Picker
      label="Search or go to…"
      isOpen
      onClose={onClose}
      items={items}
      onSearch={setTyped}
      empty={found.isFetching ? 'Searching…' : 'Nothing found.'}
    />
  );
}

interface Found {
  threads: ThreadRow[];
  prompts: PromptRow[];
}

async function search(text: string): Promise<Found> {
  const query = { limit: 8, search: text || undefined };
  const [threads, prompts] = await Promise.all([
    listRecords<ThreadRow>('threads', { ...query, sort: '-lastMessageAt' }),
    listRecords<PromptRow>('prompts', { ...query, sort: '-updatedAt' }),
  ]);
  return { threads: threads.data, prompts: prompts.data };
}

function useResults(projects: readonly Project[], found: Found | undefined): PickerItem[] {
  const navigate = useNavigate();
  const projectOf = (id: string): Project | undefined => projects.find((project) => project.id === id);
  const threads = (found?.threads ?? []).map((thread): PickerItem => ({
    id: thread.id,
    group: 'Threads',
    icon: MessagesSquare,
    label: thread.title || 'Untitled',
    hint: projectOf(thread.projectId)?.name,
    run: () =>
      void navigate({
        to: '/p/$project/chat/$thread',
        params: { project: projectOf(thread.projectId)?.slug ?? thread.projectId, thread: thread.id },
      }),
  }));
  const prompts = (found?.prompts ?? []).map((prompt): PickerItem => ({
    id: prompt.id,
    group: 'Prompts',
    icon: ScrollText,
    label: prompt.title,
    hint: projectOf(prompt.projectId)?.name,
    run: () =>
      void navigate({
        to: '/p/$project/prompts/$prompt',
        params: { project: projectOf(prompt.projectId)?.slug ?? prompt.projectId, prompt: prompt.id },
      }),
  }));
  return [...threads, ...prompts];
}

function usePlaces(projects: readonly Project[]): PickerItem[] {
  const navigate = useNavigate();
  const place = (id: string, label: string, icon: PickerItem['icon'], run: () => void): PickerItem => ({
    id,
    label,
    group: 'Go to',
    run,
    ...(icon ? { icon } : {}),
  });
  const action = (id: string, label: string, icon: PickerItem['icon'], run: () => void): PickerItem => ({
    ...place(id, label, icon, run),
    group: 'Do',
  });
  return [
    ...projects.flatMap((project): PickerItem[] => [
      {
        id: project.id,
        group: 'Projects',
        icon: FolderKanban,
        label: project.name,
        hint: 'Project',
        run: () => void navigate({ to: '/p/$project', params: { project: project.slug } }),
      },
      {
        id: `${project.id}-chat`,
        group: 'Projects',
        icon: MessagesSquare,
        label: `New chat in ${project.name}`,
        keywords: 'start talk',
        run: () => void navigate({ to: '/p/$project/chat', params: { project: project.slug } }),
      },
    ]),
    place('home', 'Home', House, () => void navigate({ to: '/' })),
    place('projects', 'All projects', FolderKanban, () => void navigate({ to: '/projects' })),
    place('everything', 'Everything', TableProperties, () => void navigate({ to: '/m' })),
    place('settings', 'Settings', Settings, () => void navigate({ to: '/settings' })),
    place('providers', 'AI providers', Plug, () => void navigate({ to: '/settings/providers' })),
    place('keys', 'API keys', KeyRound, () => void navigate({ to: '/settings/keys' })),
    place('people', 'People', UsersRound, () => void navigate({ to: '/settings/people' })),
    action('light', 'Use the light appearance', Sun, () => setTheme('light')),
    action('dark', 'Use the dark appearance', Moon, () => setTheme('dark')),
    action('leave', 'Sign out', LogOut, () => void signOut()),
  ];
}
