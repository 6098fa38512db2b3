/** Every address of the app. Screens load when they are opened; only the shell is part of the first download. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { queryClient } from './platform/cache.ts';
import { session } from './platform/session.ts';
import { NotFound, NotFoundPage, RouteFailure } from './features/shell/failures.tsx';
import { Shell } from './features/shell/shell.tsx';
import { SkeletonPage } from './ui/skeleton.tsx';

const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

interface PublicSearch {
  to?: string;
  invitation?: string;
  error?: string;
}
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
/** Only addresses of this app: a foreign one in a link must not become a redirect. */
const localPath = (value: unknown): string | undefined => (/^\/(?![/\\])/.test(text(value) ?? '') ? text(value) : undefined);
const publicSearch = (search: Record<string, unknown>): PublicSearch => {
  const to = localPath(search['to']);
  const invitation = text(search['invitation']);
  const error = text(search['error']);
  return { ...(to ? { to } : {}), ...(invitation ? { invitation } : {}), ...(error ? { error } : {}) };
};

const publicPage = <P extends '/sign-in' | '/register'>(path: P, name: 'SignInPage' | 'RegisterPage') =>
  createRoute({
    getParentRoute: () => rootRoute,
    path,
    validateSearch: publicSearch,
    component: lazyRouteComponent(() => import('./features/identity/public-pages.tsx'), name),
  });

const inviteRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/invite/$token',
  component: lazyRouteComponent(() => import('./features/identity/invite-page.tsx'), 'InvitePage'),
});

const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  beforeLoad: ({ location }) => {
    if (session().status === 'signed-in') return;
    throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href }, replace: true });
  },
  component: Shell,
});

const page = <P extends string, const M extends Record<string, unknown>>(
  path: P,
  load: () => Promise<M>,
  name: keyof M & string,
) =>
  createRoute({
    getParentRoute: () => appRoute,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name),
  });

const projectRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/p/$project',
  component: lazyRouteComponent(() => import('./features/projects/project-layout.tsx'), 'ProjectLayout'),
});
const projectPage = <P extends string, const M extends Record<string, unknown>>(
  path: P,
  load: () => Promise<M>,
  name: keyof M & string,
) =>
  createRoute({
    getParentRoute: () => projectRoute,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name),
  });

interface ChatSearch {
  /** Id of the prompt to talk with, when a prompt's "try it" opened the chat. */
  prompt?: string;
  /** Makes the thread open at this message's branch. */
  leaf?: string;
}
const chatSearch = (search: Record<string, unknown>): ChatSearch => {
  const prompt = text(search['prompt']);
  const leaf = text(search['leaf']);
  return { ...(prompt ? { prompt } : {}), ...(leaf ? { leaf } : {}) };
};
const loadChat = () => import('./features/chat/chat-page.tsx');
const chatRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: '/chat',
  validateSearch: chatSearch,
  component: lazyRouteComponent(loadChat, 'ChatPage'),
});
const threadRoute = createRoute({ getParentRoute: () => chatRoute, path: '/$thread' });

/** `new=true` opens the form at once: links elsewhere say "New prompt" and mean it. */
const promptsSearch = (search: Record<string, unknown>): { new?: true } => (search['new'] === true ? { new: true } : {});
const promptsRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: '/prompts',
  validateSearch: promptsSearch,
  component: lazyRouteComponent(() => import('./features/prompts/prompts-page.tsx'), 'PromptsPage'),
});

const loadData = () => import('./features/data-models/data-pages.tsx');
const modelRoute = projectPage('/data/$model', loadData, 'ModelLayout');
const modelPage = <P extends string, const M extends Record<string, unknown>>(
  path: P,
  load: () => Promise<M>,
  name: keyof M & string,
) =>
  createRoute({
    getParentRoute: () => modelRoute,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name),
  });

const loadSettings = () => import('./features/settings/settings-pages.tsx');
const loadRecords = () => import('./features/records/record-pages.tsx');

const routeTree = rootRoute.addChildren([
  publicPage('/sign-in', 'SignInPage'),
  publicPage('/register', 'RegisterPage'),
  inviteRoute,
  appRoute.addChildren([
    page('/', () => import('./features/dashboard/dashboard-page.tsx'), 'DashboardPage'),
    page('/projects', () => import('./features/projects/projects-page.tsx'), 'ProjectsPage'),
    projectRoute.addChildren([
      projectPage('/', () => import('./features/projects/overview-page.tsx'), 'OverviewPage'),
      chatRoute.addChildren([threadRoute]),
      promptsRoute,
      projectPage('/prompts/$prompt', () => import('./features/prompts/prompt-page.tsx'), 'PromptPage'),
      projectPage('/data', loadData, 'DataPage'),
      projectPage('/changes', loadData, 'ChangesPage'),
      projectPage('/roles', loadData, 'RolesPage'),
      projectPage('/databases', loadData, 'DatabasesPage'),
      modelRoute.addChildren([
        modelPage('/', loadRecords, 'RecordListPage'),
        modelPage('/records/$id', loadRecords, 'RecordDetailPage'),
        modelPage('/fields', loadData, 'FieldsPage'),
        modelPage('/rules', loadData, 'RulesPage'),
        modelPage('/changes', loadData, 'ModelChangesPage'),
      ]),
      projectPage('/members', () => import('./features/projects/members-page.tsx'), 'MembersPage'),
      projectPage('/settings', () => import('./features/projects/project-settings-page.tsx'), 'ProjectSettingsPage'),
    ]),
    page('/settings', loadSettings, 'ProfilePage'),
    page('/settings/security', loadSettings, 'SecurityPage'),
    page('/settings/keys', loadSettings, 'KeysPage'),
    page('/settings/providers', loadSettings, 'ProvidersPage'),
    page('/settings/people', loadSettings, 'PeoplePage'),
    page('/settings/fields', loadData, 'ExtensionsPage'),
    page('/settings/appearance', loadSettings, 'AppearancePage'),
    page('/m', loadRecords, 'ModelsPage'),
    page('/m/$model', loadRecords, 'RecordListPage'),
    page('/m/$model/$id', loadRecords, 'RecordDetailPage'),
  ]),
]);

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  defaultPendingComponent: SkeletonPage,
  defaultPendingMs: 150,
  defaultErrorComponent: RouteFailure,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
  // What scrolls inside the window begins at its top on another screen, too.
  scrollToTopSelectors: ['[data-begins-at-top]'],
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
