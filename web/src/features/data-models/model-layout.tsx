/** Around the screens of one data model: loads it, offers its tabs, and follows what others change. */
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useParams } from '@tanstack/react-router';
import { dataModelQuery, type VisibleModel } from '../../platform/records.ts';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { canManage, useOwnRole, useProject } from '../projects/project.ts';
import { PageQueryView } from '../shell/query-view.tsx';
import { ChangeDesk } from './change-dialog.tsx';
import { useRecordChanges } from './record-changes.ts';

/** A record's own screen belongs to the records. */
const isRecordOf = (pathname: string, label: string): boolean => label === 'Records' && pathname.includes('/records/');

export function ModelLayout() {
  const project = useProject();
  const { model: key = '', project: place } = useParams({ strict: false });
  const query = useQuery(dataModelQuery(key, place));
  return (
    <PageQueryView query={query}>
      {(model) => (
        <ChangeDesk project={project.slug}>
          <Loaded model={model} projectId={project.id} />
        </ChangeDesk>
      )}
    </PageQueryView>
  );
}

/** The other tabs show the whole definition, which only they are sent. */
const isForManagers = (pathname: string): boolean => /\/data\/[^/]+\/(fields|rules|changes)$/.test(pathname);

const tabs = [
  { to: '/p/$project/data/$model', label: 'Records' },
  { to: '/p/$project/data/$model/fields', label: 'Fields' },
  { to: '/p/$project/data/$model/rules', label: 'Rules' },
  { to: '/p/$project/data/$model/changes', label: 'Changes' },
] as const;

function Loaded({ model, projectId }: { model: VisibleModel; projectId: string }) {
  const mayManage = canManage(useOwnRole(projectId));
  const { model: key = '', project = '' } = useParams({ strict: false });
  const { pathname } = useLocation();
  useRecordChanges(model, projectId);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <nav aria-label={model.labelPlural} className="flex gap-1 overflow-x-auto border-b border-separator px-3 sm:px-4">
        <Link to="/p/$project/data" params={{ project }} activeOptions={{ exact: true }} className="tab-link">
          Data
        </Link>
        {mayManage
          ? tabs.map(({ to, label }) => (
              <Link
                key={to}
                to={to}
                params={{ project, model: key }}
                activeOptions={{ exact: true, includeSearch: false }}
                className="tab-link"
                {...(isRecordOf(pathname, label) ? { 'data-status': 'active' } : {})}
              >
                {label}
              </Link>
            ))
          : null}
      </nav>
      <div data-begins-at-top className="relative min-h-0 flex-1 overflow-y-auto">
        {isForManagers(pathname) && !('rules' in model) ? (
          <Page title={model.labelPlural}>
            <Notice>Only owners and admins of the project can change its data models.</Notice>
          </Page>
        ) : (
          <Outlet />
        )}
      </div>
    </div>
  );
}
