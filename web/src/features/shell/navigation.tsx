/** The side navigation: places first, then projects, then oneself. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import {
  FolderKanban,
  House,
  LogOut,
  MessagesSquare,
  Moon,
  ScrollText,
  Search,
  SlidersHorizontal,
  Sun,
  Table2,
  TableProperties,
  UsersRound,
} from 'lucide-react';
import { messageOf } from '../../platform/api-error.ts';
import { useLiveState } from '../../platform/live.ts';
import { projectsQuery, type Project } from '../../platform/queries.ts';
import { signOut, useAccount } from '../../platform/session.ts';
import { setTheme, useIsDark } from '../../platform/theme.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { IconButton } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { showToast } from '../../ui/toast.tsx';
import { Brand } from './brand.tsx';

const shortcut = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K';

export function Navigation({ onSearch }: { onSearch: () => void }) {
  return (
    <div className="flex h-full flex-col gap-3 overflow-y-auto px-3 py-3">
      <div className="flex items-center justify-between">
        <Brand />
        <ConnectionDot />
      </div>
      <button
        type="button"
        onClick={onSearch}
        className="flex h-9 items-center gap-2 rounded-lg border border-border bg-surface px-2.5 text-[0.8125rem] text-muted hover:text-foreground"
      >
        <Search size={14} aria-hidden />
        <span className="flex-1 text-left">Search or go to…</span>
        <kbd className="font-sans text-xs">{shortcut}</kbd>
      </button>
      <nav aria-label="Main" className="flex flex-col gap-0.5 text-[0.8438rem]">
        <Link to="/" className="row-link" activeOptions={{ exact: true }}>
          <House size={16} aria-hidden /> Home
        </Link>
        <Link to="/projects" className="row-link" activeOptions={{ exact: true }}>
          <FolderKanban size={16} aria-hidden /> Projects
        </Link>
        <Link to="/m" className="row-link">
          <TableProperties size={16} aria-hidden /> Everything
        </Link>
      </nav>
      <ProjectTree />
      <span className="flex-1" />
      <Self />
    </div>
  );
}

function ConnectionDot() {
  const state = useLiveState();
  if (state !== 'connecting') return null;
  return (
    <span role="status" className="flex items-center gap-1.5 text-xs text-muted">
      <span className="size-1.5 animate-pulse rounded-full bg-warning" aria-hidden /> Reconnecting
    </span>
  );
}

const shownProjects = 12;

function ProjectTree() {
  const { data, isPending } = useQuery(projectsQuery);
  const params: { project?: string } = useParams({ strict: false });
  if (isPending) return <Skeleton className="mx-2 h-16" />;
  if (!data || data.length === 0) return null;
  const open = data.find((project) => project.slug === params.project || project.id === params.project);
  const shown = data.slice(0, shownProjects);
  if (open && !shown.includes(open)) shown.unshift(open);
  return (
    <nav aria-label="Projects" className="flex flex-col gap-0.5 text-[0.8438rem]">
      <h2 className="px-2 pt-1 pb-1 text-xs font-medium text-muted">Projects</h2>
      {shown.map((project) => (
        <ProjectBranch key={project.id} project={project} isOpen={project === open} />
      ))}
    </nav>
  );
}

function ProjectBranch({ project, isOpen }: { project: Project; isOpen: boolean }) {
  const params = { project: project.slug };
  return (
    <div>
      <Link to="/p/$project" params={params} className="row-link" activeOptions={{ exact: true }}>
        <Avatar name={project.name} size={20} shape="square" />
        <span className="truncate">{project.name}</span>
      </Link>
      {isOpen ? (
        <div className="my-0.5 ml-[1.1rem] flex flex-col gap-0.5 border-l border-separator pl-2">
          <Link to="/p/$project/chat" params={params} className="row-link">
            <MessagesSquare size={15} aria-hidden /> Chat
          </Link>
          <Link to="/p/$project/prompts" params={params} className="row-link">
            <ScrollText size={15} aria-hidden /> Prompts
          </Link>
          <Link to="/p/$project/data" params={params} className="row-link">
            <Table2 size={15} aria-hidden /> Data
          </Link>
          <Link to="/p/$project/members" params={params} className="row-link">
            <UsersRound size={15} aria-hidden /> Members
          </Link>
          <Link to="/p/$project/settings" params={params} className="row-link">
            <SlidersHorizontal size={15} aria-hidden /> Project settings
          </Link>
        </div>
      ) : null}
    </div>
  );
}

function Self() {
  const account = useAccount();
  const isDark = useIsDark();
  const leave = (): void => {
    signOut().catch((error: unknown) => showToast(messageOf(error), { tone: 'danger' }));
  };
  return (
    <div className="flex items-center gap-1 border-t border-separator pt-2">
      <Link to="/settings" className="row-link min-w-0 flex-1">
        <Avatar name={account.name} image={account.image} size={24} />
        <span className="truncate text-[0.8438rem]">
          {account.name}
          <span className="sr-only">: settings</span>
        </span>
      </Link>
      <IconButton
        size="sm"
        label={isDark ? 'Switch to light' : 'Switch to dark'}
        onClick={() => setTheme(isDark ? 'light' : 'dark')}
      >
        {isDark ? <Sun size={15} aria-hidden /> : <Moon size={15} aria-hidden />}
      </IconButton>
      <IconButton size="sm" label="Sign out" onClick={leave}>
        <LogOut size={15} aria-hidden />
      </IconButton>
    </div>
  );
}
