/** The way over the issuer's page: the button, and what the sign-in page is told when somebody comes back without success. */
import { useQuery } from '@tanstack/react-query';
import { buttonClass } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { methodsQuery } from './sign-in-methods.ts';

/** By error code, since the way back carries nothing else. */
const failures: Record<string, string> = {
  email_taken: 'There is an account with your e-mail address already. Sign in with its password.',
  registration_closed: 'There is no account for you on this server. Ask an administrator for an invitation.',
  rate_limited: 'Too many attempts. Wait a moment and try again.',
  provider_unavailable: 'Your organisation’s sign-in cannot be reached. Try again, or sign in with a password.',
  unauthenticated: 'Signing in was cancelled or not confirmed. Try again; if it keeps failing, ask an administrator.',
};

interface ExternalSignInProps {
  label: string;
  /** Address in the app to show afterwards. */
  to: string | undefined;
  /** Error code of the attempt before. */
  failure: string | undefined;
}

export function ExternalSignIn({ label, to, failure }: ExternalSignInProps) {
  const { data } = useQuery(methodsQuery);
  const url = data?.external?.url;
  if (!url) return null;
  return (
    <>
      <div className="flex items-center gap-3 text-xs text-muted">
        <span className="h-px flex-1 bg-separator" /> or <span className="h-px flex-1 bg-separator" />
      </div>
      {failure ? <Notice tone="danger">{failures[failure] ?? 'Signing in did not work. Try again in a moment.'}</Notice> : null}
      <a href={to ? `${url}?next=${encodeURIComponent(to)}` : url} className={buttonClass('secondary', 'md', 'w-full')}>
        {label}
      </a>
    </>
  );
}
