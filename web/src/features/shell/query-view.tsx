/** What every screen does with a query: the shape of what is coming, what went wrong with a way on, then the data. */
import type { ReactNode } from 'react';
import { ApiError, messageOf } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonPage, SkeletonRows } from '../../ui/skeleton.tsx';
import { NotFound } from './failures.tsx';

interface QueryViewProps<T> {
  query: { data: T | undefined; error: Error | null; refetch: () => unknown };
  rows?: number;
  skeleton?: ReactNode;
  children: (data: T) => ReactNode;
}

/** Data that is there stays, also when reading it again failed. */
export function QueryView<T>({ query, rows = 5, skeleton, children }: QueryViewProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (!query.error) return skeleton ?? <SkeletonRows rows={rows} />;
  return (
    <Notice
      tone="danger"
      action={
        <Button size="sm" onClick={() => void query.refetch()}>
          Try again
        </Button>
      }
    >
      {messageOf(query.error)}
    </Notice>
  );
}

/** The same for what a whole screen is about: what is not there, or no longer, is said as an address that leads nowhere. */
export function PageQueryView<T>({ query, children }: Pick<QueryViewProps<T>, 'query' | 'children'>) {
  if (query.error instanceof ApiError && query.error.status === 404) return <NotFound />;
  const view = (
    <QueryView query={query} skeleton={<SkeletonPage />}>
      {children}
    </QueryView>
  );
  return query.data === undefined && query.error ? <div className="p-6">{view}</div> : view;
}
