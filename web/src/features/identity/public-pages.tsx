/** Signing in and registering: the only screens for people who are not signed in. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { api } from '../../platform/api.ts';
import { ApiError, fieldErrors, messageOf } from '../../platform/api-error.ts';
import { signInWith, useSession } from '../../platform/session.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ExternalSignIn } from './external-sign-in.tsx';
import { describeInvitation } from './invitation.ts';
import { methodsQuery } from './sign-in-methods.ts';

function PublicFrame({ title, children, footer }: { title: string; children: ReactNode; footer?: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-5 px-4 py-10">
      <title>{`${title} · Piper`}</title>
      <div className="flex items-center gap-2.5 text-lg font-semibold tracking-tight">
        <img src="/icon.svg" alt="" width={30} height={30} /> Piper
      </div>
      <section className="card flex w-full max-w-sm flex-col gap-4 p-6 shadow-surface">
        <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
        {children}
      </section>
      {footer ? <p className="text-sm text-muted">{footer}</p> : null}
    </main>
  );
}

/** Leaves for where the person wanted to go as soon as they are signed in (also by another tab). */
function useLeaveWhenSignedIn(to: string | undefined, isHeld = false): void {
  const session = useSession();
  const router = useRouter();
  useEffect(() => {
    if (session.status === 'signed-in' && !isHeld) router.history.replace(to ?? '/');
  }, [session.status, to, router, isHeld]);
}

interface FormState {
  isBusy: boolean;
  error: unknown;
}

function useSubmit(work: (form: FormData) => Promise<void>): FormState & { submit: (event: FormEvent<HTMLFormElement>) => void } {
  const [state, setState] = useState<FormState>({ isBusy: false, error: undefined });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setState({ isBusy: true, error: undefined });
    work(new FormData(event.currentTarget)).then(
      () => setState({ isBusy: false, error: undefined }),
      (error: unknown) => setState({ isBusy: false, error }),
    );
  };
  return { ...state, submit };
}

const read = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
};

function FormFailure({ error }: { error: unknown }) {
  if (error === undefined || Object.keys(fieldErrors(error)).length > 0) return null;
  return <Notice tone="danger">{messageOf(error)}</Notice>;
}

export function SignInPage() {
  const search: PublicSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const { data: methods } = useQuery(methodsQuery);
  useLeaveWhenSignedIn(search.to ?? invitationPath(search.invitation));
  const { isBusy, error, submit } = useSubmit(async (form) => {
    const { data } = await api(
      'login',
      { body: { email: read(form, 'email').trim(), password: read(form, 'password') } },
      { isPublic: true },
    );
    signInWith(data);
  });

  useEffect(() => {
    if (methods?.firstUser) void navigate({ to: '/register', search, replace: true });
  }, [methods?.firstUser, navigate, search]);

  const canRegister = methods?.registration === 'open';
  return (
    <PublicFrame
      title="Sign in"
      footer={
        canRegister ? (
          <>
            New here?{' '}
            <Link to="/register" search={wayOn(search)} className="text-link">
              Create an account
            </Link>
          </>
        ) : methods ? (
          'New accounts are made by invitation.'
        ) : undefined
      }
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField label="E-mail" name="email" type="email" autoComplete="username" required autoFocus />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
        <FormFailure error={error} />
        <Button type="submit" variant="primary" isBusy={isBusy} className="w-full">
          {isBusy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
      <ExternalSignIn label="Sign in with your organisation" to={search.to} failure={search.error} />
    </PublicFrame>
  );
}

export function RegisterPage() {
  const search: PublicSearch = useSearch({ strict: false });
  const { data: methods } = useQuery(methodsQuery);
  const [wasSignedIn] = useState(useSession().status === 'signed-in');
  // Who has an account already accepts the invitation with it.
  useLeaveWhenSignedIn(wasSignedIn ? invitationPath(search.invitation) : search.to);
  const isFirst = methods?.firstUser === true;
  const isOpen = methods === undefined || methods.registration === 'open' || isFirst || search.invitation !== undefined;
  const footer = (
    <>
      Already have an account?{' '}
      <Link to="/sign-in" search={wayOn(search)} className="text-link">
        Sign in
      </Link>
    </>
  );
  return (
    <PublicFrame title={isFirst ? 'Set up Piper' : 'Create an account'} footer={isFirst ? undefined : footer}>
      {isFirst ? <Notice>This is the first account of this server: it will be its owner.</Notice> : null}
      {isOpen ? <RegisterForm search={search} /> : <RegistrationClosed mode={methods.registration} />}
    </PublicFrame>
  );
}

interface PublicSearch {
  to?: string;
  invitation?: string;
  /** Code of the error with which signing in at the external issuer ended. */
  error?: string;
}

const invitationPath = (token: string | undefined): string | undefined =>
  token ? `/invite/${encodeURIComponent(token)}` : undefined;

/** What the other of the two pages needs to know. */
const wayOn = ({ to, invitation }: PublicSearch): PublicSearch => ({ ...(to && { to }), ...(invitation && { invitation }) });

function RegistrationClosed({ mode }: { mode: string }) {
  return (
    <Notice tone="warning">
      {mode === 'closed' ? 'Registration is closed on this server.' : 'Accounts are made by invitation here.'} Ask an
      administrator for an invitation.
    </Notice>
  );
}

function RegisterForm({ search }: { search: PublicSearch }) {
  const token = search.invitation;
  const invitation = useInvitation(token);
  const { isBusy, error, submit } = useSubmit(async (form) => {
    const values = { name: read(form, 'name').trim(), email: read(form, 'email').trim(), password: read(form, 'password') };
    const { data } = await api('register', { body: token ? { ...values, invitation: token } : values }, { isPublic: true });
    signInWith(data);
  });
  const fields = registerErrors(error);
  return (
    <>
      {invitation.text ? <Notice tone={invitation.isInvalid ? 'danger' : 'info'}>{invitation.text}</Notice> : null}
      <form onSubmit={submit} className="flex flex-col gap-4" key={invitation.email}>
        <TextField label="Name" name="name" autoComplete="name" required autoFocus maxLength={200} error={fields['name']} />
        <TextField
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          defaultValue={invitation.email}
          error={fields['email']}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          help="At least 8 characters."
          error={fields['password']}
        />
        <FormFailure error={Object.keys(fields).length > 0 ? undefined : error} />
        <Button type="submit" variant="primary" isBusy={isBusy} className="w-full">
          {isBusy ? 'Creating…' : 'Create account'}
        </Button>
      </form>
      <ExternalSignIn label="Continue with your organisation" to={search.to} failure={search.error} />
    </>
  );
}

/** Errors that concern one field stand beside it. */
function registerErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  if (error.code === 'email_taken') return { email: error.message };
  if (error.code === 'password_too_long' || error.code === 'password_too_short') return { password: error.message };
  return fieldErrors(error);
}

function useInvitation(token: string | undefined): { text: string | undefined; isInvalid: boolean; email: string } {
  const { data, error } = useQuery({
    queryKey: ['invitation', token],
    enabled: token !== undefined,
    retry: false,
    queryFn: async () => (await api('previewInvitation', { body: { token: token ?? '' } }, { isPublic: true })).data,
  });
  if (error) return { text: messageOf(error), isInvalid: true, email: '' };
  if (!data) return { text: undefined, isInvalid: false, email: '' };
  return {
    text: `${describeInvitation(data)}, as ${data.role.toLowerCase()}.`,
    isInvalid: false,
    email: data.email,
  };
}
