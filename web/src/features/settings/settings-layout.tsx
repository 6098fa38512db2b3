/** The frame of the settings: what there is to set at the side, above it on small screens. */
import { Link } from '@tanstack/react-router';
import { KeyRound, Palette, Plug, ShieldCheck, TextCursorInput, UserRound, UsersRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { useAccount } from '../../platform/session.ts';

interface SettingsLayoutProps {
  title: string;
  description?: string;
  children: ReactNode;
}

export function SettingsLayout({ title, description, children }: SettingsLayoutProps) {
  const { role } = useAccount();
  return (
    <div className="mx-auto flex w-full max-w-5xl flex-col gap-5 px-4 py-5 sm:px-7 sm:py-7 md:flex-row md:gap-8">
      <title>{`${title} · Piper`}</title>
      <nav
        aria-label="Settings"
        className="-mx-1 flex shrink-0 gap-0.5 overflow-x-auto px-1 py-1 text-[0.8438rem] whitespace-nowrap md:w-44 md:flex-col md:overflow-visible"
      >
        <Link to="/settings" className="row-link" activeOptions={{ exact: true }}>
          <UserRound size={15} aria-hidden /> Profile
        </Link>
        <Link to="/settings/security" className="row-link">
          <ShieldCheck size={15} aria-hidden /> Security
        </Link>
        <Link to="/settings/appearance" className="row-link">
          <Palette size={15} aria-hidden /> Appearance
        </Link>
        <Link to="/settings/providers" className="row-link">
          <Plug size={15} aria-hidden /> AI providers
        </Link>
        <Link to="/settings/keys" className="row-link">
          <KeyRound size={15} aria-hidden /> API keys
        </Link>
        {role === 'MEMBER' ? null : (
          <Link to="/settings/people" className="row-link">
            <UsersRound size={15} aria-hidden /> People
          </Link>
        )}
        {role === 'OWNER' ? (
          <Link to="/settings/fields" className="row-link">
            <TextCursorInput size={15} aria-hidden /> Own fields
          </Link>
        ) : null}
      </nav>
      <div className="flex min-w-0 flex-1 flex-col gap-6">
        <header>
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {description ? <p className="mt-0.5 text-sm text-muted">{description}</p> : null}
        </header>
        {children}
      </div>
    </div>
  );
}
