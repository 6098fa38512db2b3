/**
 * Signing in on the issuer's own page: authorisation code with PKCE. What must survive the trip (state, verifier, nonce,
 * where to go on) travels in a sealed cookie, so the server keeps nothing for people who never come back.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { fail } from '@piper/shared/errors';
import type { Deps } from '#platform/deps';
import type { Env, ExternalIssuer } from '#platform/env';
import { readExternalClaims, type ExternalClaims } from './external-claims.ts';

type OpenId = typeof import('openid-client');
type Configuration = import('openid-client').Configuration;

export const oauthProvider = 'external';
export const oauthCookieSeconds = 600;

interface Trip {
  state: string;
  verifier: string;
  nonce: string;
  /** Path of ours to show afterwards. */
  next: string;
  startedAt: number;
}

interface Client {
  openid: OpenId;
  config: Configuration;
}

const clients = new WeakMap<Deps, Promise<Client>>();

function clientOf(deps: Deps): Promise<Client> {
  const { external } = deps.env.auth;
  if (external?.clientId === undefined) fail('not_found', 'There is no such way to sign in here.');
  let client = clients.get(deps);
  if (!client) {
    client = discover(deps, external, external.clientId);
    clients.set(deps, client);
    // The issuer may have been away: the next attempt asks again.
    client.catch(() => clients.delete(deps));
  }
  return client;
}

async function discover(deps: Deps, external: ExternalIssuer, clientId: string): Promise<Client> {
  const openid = await import('openid-client');
  const issuer = new URL(external.issuer);
  const isLocal = issuer.protocol === 'http:';
  try {
    const execute = isLocal ? [openid.allowInsecureRequests] : [];
    const config = await openid.discovery(issuer, clientId, external.clientSecret, undefined, { execute, timeout: 10 });
    return { openid, config };
  } catch (err) {
    deps.log.warn({ err }, 'the external issuer could not be discovered');
    return fail('provider_unavailable', 'The external issuer cannot be reached. Try again, or sign in with a password.');
  }
}

const redirectUri = (env: Env): string => new URL(`/api/auth/oauth/${oauthProvider}/callback`, env.http.publicUrl).href;

/** The issuer's page to go to, and the cookie value that the way back needs. */
export async function beginSignIn(deps: Deps, next: string): Promise<{ url: string; cookie: string }> {
  const { openid, config } = await clientOf(deps);
  const trip: Trip = {
    state: openid.randomState(),
    verifier: openid.randomPKCECodeVerifier(),
    nonce: openid.randomNonce(),
    next: safePath(next),
    startedAt: deps.clock.now().getTime(),
  };
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri(deps.env),
    scope: 'openid email profile',
    code_challenge: await openid.calculatePKCECodeChallenge(trip.verifier),
    code_challenge_method: 'S256',
    state: trip.state,
    nonce: trip.nonce,
  });
  return { url: url.href, cookie: seal(deps.env, trip) };
}

/** Exchanges what the issuer sent back for a proven identity. Throws `unauthenticated` when anything does not fit. */
export async function finishSignIn(deps: Deps, query: string, trip: Trip | undefined): Promise<ExternalClaims> {
  const age = deps.clock.now().getTime() - (trip?.startedAt ?? 0);
  if (!trip || age > oauthCookieSeconds * 1_000)
    fail('unauthenticated', 'This sign-in took too long or began elsewhere. Try again.');
  const { openid, config } = await clientOf(deps);
  const url = new URL(redirectUri(deps.env));
  url.search = query;
  try {
    const tokens = await openid.authorizationCodeGrant(config, url, {
      expectedState: trip.state,
      expectedNonce: trip.nonce,
      pkceCodeVerifier: trip.verifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims) fail('unauthenticated');
    return readExternalClaims(claims, deps.env.auth.external?.issuer ?? claims.iss);
  } catch (err) {
    deps.log.info({ err }, 'an external sign-in failed');
    return fail('unauthenticated', 'The external issuer did not confirm this sign-in. Try again.');
  }
}

/** Only paths of ours: a link may not send people elsewhere after they signed in. */
export const safePath = (next: string): string => (/^\/(?![/\\])[\w\-./?=&%#~:,+@]*$/.test(next) ? next : '/');

function seal(env: Env, trip: Trip): string {
  const body = Buffer.from(JSON.stringify(trip)).toString('base64url');
  return `${body}.${mac(env, body)}`;
}

/** What the cookie of a sign-in that began here carries. */
export function readTrip(env: Env, cookie = ''): Trip | undefined {
  const [body = '', given = ''] = cookie.split('.');
  const [left, right] = [Buffer.from(given), Buffer.from(mac(env, body))];
  if (left.length !== right.length || !timingSafeEqual(left, right)) return undefined;
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as Trip;
}

const mac = (env: Env, body: string): string => createHmac('sha256', env.secrets.jwt).update(`oauth:${body}`).digest('base64url');
