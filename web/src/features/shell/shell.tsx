/** The frame around every screen: navigation at the side (a drawer on small screens), the command palette, the state of the connection. */
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { Menu as MenuIcon, Search } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useSession } from '../../platform/session.ts';
import { IconButton } from '../../ui/button.tsx';
import { NativeDialog } from '../../ui/native-dialog.tsx';
import { Brand } from './brand.tsx';
import { Navigation } from './navigation.tsx';
import { useLiveUpdates } from './live-updates.ts';

const CommandPalette = lazy(() => import('./command-palette.tsx'));

export function Shell() {
  const session = useSession();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [seenPath, setSeenPath] = useState(pathname);
  if (seenPath !== pathname) {
    setSeenPath(pathname);
    setDrawerOpen(false);
  }

  useEffect(() => {
    if (session.status === 'signed-out') void navigate({ to: '/sign-in', replace: true });
  }, [session.status, navigate]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey) || event.altKey) return;
      event.preventDefault();
      setPaletteOpen((open) => !open);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  if (session.status !== 'signed-in') return null;
  return (
    <div className="flex h-dvh">
      <a href="#main" className="button button--primary absolute top-2 left-2 z-50 -translate-y-20 focus:translate-y-0">
        Skip to content
      </a>
      <LiveUpdates />
      <aside className="hidden w-60 shrink-0 border-r border-separator bg-surface-secondary/60 lg:block">
        <Navigation onSearch={() => setPaletteOpen(true)} />
      </aside>
      <NativeDialog
        label="Navigation"
        isOpen={isDrawerOpen}
        onClose={() => setDrawerOpen(false)}
        className="m-0 h-dvh max-h-none w-72 max-w-[85vw] border-r border-border bg-background p-0 text-foreground"
      >
        <Navigation
          onSearch={() => {
            setDrawerOpen(false);
            setPaletteOpen(true);
          }}
        />
      </NativeDialog>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-12 shrink-0 items-center gap-1 border-b border-separator px-2 lg:hidden">
          <IconButton label="Open navigation" onClick={() => setDrawerOpen(true)}>
            <MenuIcon size={18} aria-hidden />
          </IconButton>
          <Brand />
          <span className="flex-1" />
          <IconButton label="Search" onClick={() => setPaletteOpen(true)}>
            <Search size={18} aria-hidden />
          </IconButton>
        </header>
        {/* Positioned: what is only spoken must scroll with its page instead of making the document longer. */}
        <main id="main" tabIndex={-1} className="relative min-h-0 flex-1 overflow-y-auto outline-none">
          <Outlet />
        </main>
      </div>
      {isPaletteOpen ? (
        <Suspense fallback={null}>
          <CommandPalette onClose={() => setPaletteOpen(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

function LiveUpdates() {
  useLiveUpdates();
  return null;
}
