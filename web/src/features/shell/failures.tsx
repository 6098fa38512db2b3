/** What stands where a screen cannot. */
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { messageOf } from '../../platform/api-error.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Notice } from '../../ui/notice.tsx';

export function NotFound() {
  return (
    <div className="mx-auto max-w-lg p-6 pt-16">
      <title>Not found · Piper</title>
      <h1 className="sr-only">Not found</h1>
      <EmptyState
        icon={Compass}
        title="There is nothing at this address"
        action={
          <Link to="/" className={buttonClass('primary')}>
            Go to the start
          </Link>
        }
      >
        It may have been deleted, or you may not see it.
      </EmptyState>
    </div>
  );
}

/** For an address outside of the shell, which has the main part of every other screen. */
export const NotFoundPage = () => (
  <main>
    <NotFound />
  </main>
);

export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const isStale = isStaleBuild(error);
  const router = useRouter();
  const retry = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <div className="mx-auto max-w-lg p-6">
      <Notice
        tone="danger"
        action={
          <Button size="sm" onClick={() => (isStale ? location.reload() : retry())}>
            {isStale ? 'Reload' : 'Try again'}
          </Button>
        }
      >
        {isStale ? 'Piper was updated meanwhile. Reload the page to go on.' : messageOf(error)}
      </Notice>
    </div>
  );
}

/** After an update the old page asks for files that are gone. */
const isStaleBuild = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|Importing a module script failed/i.test(error.message);
