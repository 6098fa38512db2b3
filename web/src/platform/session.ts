/**
 * Who is signed in. The access token lives in memory only; the refresh cookie, which scripts can't read, brings a new
 * one. Tabs refresh one at a time (Web Locks) and tell each other the result, because each refresh rotates the cookie.
 */
import type { Account, SignedIn } from '@piper/shared/identity';
import { useSyncExternalStore } from 'react';
import { ApiError, errorOf, networkError } from './api-error.ts';

export type Session =
  | { status: 'unknown' }
  | { status: 'signed-out' }
  | { status: 'signed-in'; user: Account; accessToken: string; expiresAt: number };

let current: Session = { status: 'unknown' };
const listeners = new Set<() => void>();
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('piper.session');

export const session = (): Session => current;
export function subscribeSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export const useSession = (): Session => useSyncExternalStore(subscribeSession, session);

/** The account of a screen that is only shown when somebody is signed in. */
export function useAccount(): Account {
  const state = useSession();
  if (state.status !== 'signed-in') throw new Error('This screen needs a signed-in account');
  return state.user;
}

function set(next: Session): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Takes over what register, login or refresh answered, in this tab and the others. */
export function signInWith(signedIn: SignedIn): void {
  adopt(signedIn);
  channel?.postMessage({ type: 'signed-in', signedIn });
}

function adopt({ user, accessToken, expiresAt }: SignedIn): void {
  set({ status: 'signed-in', user, accessToken, expiresAt: Date.parse(expiresAt) });
}

/** After the profile changed. */
export function setAccount(user: Account): void {
  if (current.status === 'signed-in') set({ ...current, user });
}

function forget(): void {
  if (current.status !== 'signed-out') set({ status: 'signed-out' });
}

channel?.addEventListener('message', (event: MessageEvent<{ type: string; signedIn?: SignedIn }>) => {
  if (event.data.type === 'signed-in' && event.data.signedIn) adopt(event.data.signedIn);
  if (event.data.type === 'signed-out') forget();
});

let running: Promise<boolean> | undefined;

/** Gets a new access token; false when there is no session any more. `stale` is the token that no longer serves. */
export function refreshSession(stale?: string): Promise<boolean> {
  running ??= withLock(() => refreshOnce(stale)).finally(() => (running = undefined));
  return running;
}

const withLock = <T>(work: () => Promise<T>): Promise<T> =>
  'locks' in navigator ? (navigator.locks.request('piper.refresh', work) as Promise<T>) : work();

async function refreshOnce(stale: string | undefined): Promise<boolean> {
  // Another tab may have refreshed while this one waited for the lock.
  if (current.status === 'signed-in' && current.accessToken !== stale && current.expiresAt > Date.now() + 10_000) return true;
  const response = await fetchWithCsrf('/api/auth/refresh').catch(() => undefined);
  if (!response) throw networkError();
  if (response.ok) {
    const body = (await response.json()) as { data: SignedIn };
    signInWith(body.data);
    return true;
  }
  if (response.status >= 500 || response.status === 429) throw await errorOf(response);
  forget();
  return false;
}

/** POST with the CSRF token that cookie-authenticated calls need; a token that has become invalid is fetched anew once. */
async function fetchWithCsrf(path: string): Promise<Response> {
  const send = async (): Promise<Response> => {
    const token = await readCsrf();
    return fetch(path, { method: 'POST', headers: { 'x-csrf-token': token }, credentials: 'same-origin' });
  };
  const first = await send();
  if (first.status !== 403) return first;
  return send();
}

async function readCsrf(): Promise<string> {
  const response = await fetch('/api/csrf', { credentials: 'same-origin' });
  if (!response.ok) throw await errorOf(response);
  const body = (await response.json()) as { data: { csrfToken: string } };
  return body.data.csrfToken;
}

/** Finds out at the start of the page whether a session exists. Throws when the server can't be reached. */
export async function restoreSession(): Promise<void> {
  if (current.status === 'unknown') await refreshSession();
}

/** Ends the session on the server and in every tab. */
export async function signOut(): Promise<void> {
  const response = await fetchWithCsrf('/api/auth/logout').catch(() => undefined);
  if (!response) throw networkError();
  if (!response.ok && response.status !== 401) throw await errorOf(response);
  channel?.postMessage({ type: 'signed-out' });
  forget();
}

/** A token that serves for at least the next seconds. Throws `unauthenticated` when nobody is signed in. */
export async function validToken(): Promise<string> {
  if (current.status === 'signed-in' && current.expiresAt < Date.now() + 20_000) await refreshSession(current.accessToken);
  if (current.status === 'unknown') await refreshSession();
  if (current.status !== 'signed-in') throw new ApiError({ code: 'unauthenticated', message: 'Sign in to go on.', status: 401 });
  return current.accessToken;
}
