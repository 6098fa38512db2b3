/**
 * Tokens of the configured external issuer (Clerk or any OpenID issuer that signs JWTs): checked by its PEM key or JWKS,
 * turned into an account of ours that follows the issuer's name and picture.
 */
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  importSPKI,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { fail } from '@piper/shared/errors';
import { system, type UserActor } from '#platform/actor';
import { ctxFor, type Ctx, type TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import type { Deps } from '#platform/deps';
import { appendEvent } from '#platform/events/append';
import { countUse, rateLimits } from '#platform/http/rate-limit';
import { createAccount } from './accounts.service.ts';
import { readExternalClaims, type ExternalClaims } from './external-claims.ts';
import { revokeKeysOf } from './keys.service.ts';
import { recordSecurity } from './security-events.ts';
import { endSessionsOf, openSession, type Client, type OpenSession } from './sessions.service.ts';
import { findUserByEmail, findUserByExternal, updateUser, type UserRow } from './users.repo.ts';

/** Asymmetric only: with a symmetric one, whoever knows the public key could sign. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/** Whether the token says it is from the configured issuer; nothing is believed yet. */
export function isExternalToken(deps: Deps, token: string): boolean {
  const { external } = deps.env.auth;
  if (!external) return false;
  try {
    return decodeJwt(token).iss === external.issuer;
  } catch {
    return false;
  }
}

const keySets = new WeakMap<Deps, JWTVerifyGetKey>();

/** The issuer's keys; fetched when first needed and again when an unknown key id appears. */
function keysOf(deps: Deps, external: NonNullable<Deps['env']['auth']['external']>): JWTVerifyGetKey {
  let keys = keySets.get(deps);
  if (!keys) {
    const { pem, jwksUrl, issuer } = external;
    keys =
      pem === undefined
        ? createRemoteJWKSet(new URL(jwksUrl ?? '.well-known/jwks.json', issuer.endsWith('/') ? issuer : `${issuer}/`), {
            timeoutDuration: 5_000,
          })
        : (header) => importSPKI(pem.replaceAll('\\n', '\n'), header.alg);
    keySets.set(deps, keys);
  }
  return keys;
}

/** Checks a token of the issuer. Throws `token_expired` or `unauthenticated`. */
export async function verifyExternalToken(deps: Deps, token: string): Promise<{ claims: ExternalClaims; expiresAt: number }> {
  const { external } = deps.env.auth;
  if (!external) fail('unauthenticated', 'No external issuer is configured.');
  try {
    const { alg = '' } = decodeProtectedHeader(token);
    if (!algorithms.includes(alg)) fail('unauthenticated', 'The access token is not valid.');
    const { payload } = await jwtVerify(token, keysOf(deps, external), {
      algorithms,
      issuer: external.issuer,
      currentDate: deps.clock.now(),
      clockTolerance: 5,
      requiredClaims: ['sub', 'exp'],
    });
    refuseForeignAudience(external, payload);
    return { claims: readExternalClaims(payload, external.issuer), expiresAt: Number(payload.exp) * 1_000 };
  } catch (error) {
    if (error instanceof errors.JWTExpired) fail('token_expired');
    if (error instanceof errors.JWKSTimeout) fail('unauthenticated', 'The external issuer does not answer. Try again.');
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      fail('unauthenticated', 'The access token is not valid.');
    throw error;
  }
}

/** A token that the issuer made for another of its clients is none for us. */
function refuseForeignAudience(external: { clientId?: string | undefined }, { aud }: JWTPayload): void {
  if (external.clientId === undefined || aud === undefined) return;
  if (![aud].flat().includes(external.clientId)) fail('unauthenticated', 'The access token was made for another application.');
}

/** The actor of a token sent as Bearer: it has no session of ours, so it lasts as long as the token. */
export async function externalActor(deps: Deps, token: string): Promise<{ actor: UserActor; expiresAt: number }> {
  const { claims, expiresAt } = await verifyExternalToken(deps, token);
  const user = await syncUser(ctxFor(deps, system, 'external'), claims);
  return { actor: { kind: 'user', userId: user.id, role: user.role, sessionId: '' }, expiresAt };
}

/** Exchanges a token of the issuer for a session of ours. */
export async function signInExternally(ctx: Ctx, token: string, client: Client): Promise<OpenSession> {
  await countUse(ctx.deps, rateLimits.login, client.ip);
  const { claims } = await verifyExternalToken(ctx.deps, token);
  return openExternalSession(ctx, claims, client);
}

/** Opens a session for an identity the issuer has proven. */
export async function openExternalSession(ctx: Ctx, claims: ExternalClaims, client: Client): Promise<OpenSession> {
  const user = await syncUser(ctx, claims);
  return inTx(ctx, (tx) => openSession(tx, user, client));
}

/** The account of an external identity: found and brought up to date, linked, or created. */
async function syncUser(ctx: Ctx, claims: ExternalClaims): Promise<UserRow> {
  const known = await findUserByExternal(ctx.db, claims.issuer, claims.subject);
  const user = known ? await followIssuer(ctx, known, claims) : await admitOnce(ctx, claims);
  if (user.disabled_at !== null) fail('unauthenticated', 'This account is disabled.');
  return user;
}

async function followIssuer(ctx: Ctx, user: UserRow, claims: ExternalClaims): Promise<UserRow> {
  const name = claims.name ?? user.name;
  const image = claims.image ?? user.image;
  if (name === user.name && image === user.image) return user;
  return inTx(ctx, async (tx) => {
    const after = await updateUser(tx.db, user.id, { name, image });
    const data = { before: { name: user.name, image: user.image }, after: { name, image } };
    await appendEvent(tx, { topic: `user:${user.id}`, type: 'user.updated', subject: user.id, data });
    return after;
  });
}

/** Two first requests may come at once: the one that is late finds the account the other has made. */
async function admitOnce(ctx: Ctx, claims: ExternalClaims): Promise<UserRow> {
  try {
    return await inTx(ctx, (tx) => admit(tx, claims));
  } catch (error) {
    const twin = await findUserByExternal(ctx.db, claims.issuer, claims.subject);
    if (twin) return twin;
    throw error;
  }
}

async function admit(ctx: TxCtx, claims: ExternalClaims): Promise<UserRow> {
  const external = { external_issuer: claims.issuer, external_subject: claims.subject };
  const holder = claims.email === undefined ? undefined : await findUserByEmail(ctx.db, claims.email);
  if (holder) return linkAccount(ctx, holder, claims);
  const email = claims.email ?? `${claims.subject.replaceAll(/[^\w.-]/g, '_')}@${new URL(claims.issuer).hostname}.invalid`;
  const name = claims.name ?? email.split('@')[0] ?? email;
  return createAccount(ctx, { email, name, image: claims.image ?? null, ...external });
}

/**
 * Links only by an address the issuer has verified. We never verified it ourselves: whoever registered it here first may not be
 * its owner, so their password, sessions and keys end with the link.
 */
async function linkAccount(ctx: TxCtx, holder: UserRow, claims: ExternalClaims): Promise<UserRow> {
  if (!claims.emailVerified || holder.external_subject !== null) fail('email_taken');
  const linked = await updateUser(ctx.db, holder.id, {
    external_issuer: claims.issuer,
    external_subject: claims.subject,
    password_hash: null,
  });
  await recordSecurity(ctx, 'identity.linked', holder.id, { issuer: claims.issuer });
  await endSessionsOf(ctx, { userId: holder.id });
  await revokeKeysOf(ctx, { userId: holder.id });
  return linked;
}
