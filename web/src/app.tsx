/** The whole app: first who is signed in, then what they saw last, then the screen of the address. */
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { messageOf } from './platform/api-error.ts';
import { dropCache, openCache, queryClient } from './platform/cache.ts';
import { restoreSession, useSession } from './platform/session.ts';
import { router } from './routes.tsx';
import { Button } from './ui/button.tsx';
import { Notice } from './ui/notice.tsx';
import { SkeletonPage } from './ui/skeleton.tsx';
import { ToastViewport } from './ui/toast.tsx';

export function App() {
  const { isReady, failure, retry } = useStart();
  if (failure) {
    return (
      <main className="mx-auto max-w-md p-6">
        <h1 className="sr-only">Piper</h1>
        <Notice
          tone="danger"
          action={
            <Button size="sm" onClick={retry}>
              Try again
            </Button>
          }
        >
          {failure}
        </Notice>
      </main>
    );
  }
  if (!isReady) return <SkeletonPage />;
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <ToastViewport />
    </QueryClientProvider>
  );
}

/**
 * Ready once it is known who is signed in and their cached screens are back. Signing in or out later leaves the screen
 * where it is: it knows best where to go on.
 */
function useStart(): { isReady: boolean; failure: string | undefined; retry: () => void } {
  const session = useSession();
  const [failure, setFailure] = useState<string>();
  const [round, setRound] = useState(0);
  const [readyFor, setReadyFor] = useState<string>();
  const who = session.status === 'signed-in' ? session.user.id : session.status;

  useEffect(() => {
    restoreSession().catch((error: unknown) => setFailure(messageOf(error)));
  }, [round]);

  useEffect(() => {
    if (who === 'unknown') return;
    let isCurrent = true;
    const prepare = who === 'signed-out' ? dropCache() : openCache(who);
    void prepare.finally(() => {
      if (isCurrent) setReadyFor(who);
    });
    return () => {
      isCurrent = false;
    };
  }, [who]);

  const retry = (): void => {
    setFailure(undefined);
    setRound(round + 1);
  };
  return { isReady: readyFor !== undefined, failure, retry };
}
