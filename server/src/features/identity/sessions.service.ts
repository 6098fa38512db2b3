/** Sessions: opened by every way of signing in, kept alive by rotating refresh tokens, ended by their person or by misuse. */
import { fail } from '@piper/shared/errors';
import type { UserActor } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { afterCommit, inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { newId } from '#platform/ids';
import { forgetActors } from './actor-cache.ts';
import { hashSecret, newSecret, successorOf } from './secrets.ts';
import { recordSecurity } from './security-events.ts';
import {
  endSessions,
  findRefreshToken,
  insertSession,
  listLiveSessions,
  rotateRefreshToken,
  type SessionChoice,
  type SessionRow,
} from './sessions.repo.ts';
import { findUser, type UserRow } from './users.repo.ts';

/** Whose browser it is: kept with the session, so that its person can tell sessions apart. */
export interface Client {
  ip: string;
  userAgent: string | null;
}

/** An open session, with what the browser keeps of it. */
export interface OpenSession {
  user: UserRow;
  sessionId: string;
  refreshToken: string;
}

/** The time in which a second tab may still come with the token that the first one has just spent. */
const graceMs = 10_000;

const endOf = (ctx: Ctx): Date => new Date(ctx.deps.clock.now().getTime() + ctx.deps.env.auth.sessionTtl * 1_000);

/** Opens a session for an account that has proven who it is. */
export async function openSession(ctx: TxCtx, user: UserRow, client: Client): Promise<OpenSession> {
  const sessionId = newId();
  const refreshToken = newSecret();
  const tokenHash = hashSecret(refreshToken);
  await insertSession(ctx.db, {
    id: sessionId,
    userId: user.id,
    ...client,
    now: ctx.deps.clock.now(),
    expiresAt: endOf(ctx),
    tokenHash,
  });
  const actor: UserActor = { kind: 'user', userId: user.id, role: user.role, sessionId };
  await appendEvent({ ...ctx, actor }, { topic: `user:${user.id}`, type: 'session.created', subject: sessionId });
  return { user, sessionId, refreshToken };
}

/** Rotates the refresh token. Throws `refresh_token_invalid`; a token that was used before ends the whole session. */
export async function refreshSession(ctx: Ctx, token: string, client: Client): Promise<OpenSession> {
  const now = ctx.deps.clock.now();
  const refreshToken = successorOf(ctx.deps.env, token);
  const hash = hashSecret(token);
  const nextHash = hashSecret(refreshToken);
  const rotated = await rotateRefreshToken(ctx.db, { hash, nextHash, now, expiresAt: endOf(ctx), ...client });
  const { sessionId, userId } = rotated ?? (await judgeSpentToken(ctx, { hash, nextHash, now }));
  const user = await findUser(ctx.db, userId);
  if (!user) fail('refresh_token_invalid');
  return { user, sessionId, refreshToken };
}

/** A token spent moments ago, whose successor nobody used yet, comes from a second tab; any other spent token was stolen. */
async function judgeSpentToken(ctx: Ctx, { hash, nextHash, now }: { hash: Buffer; nextHash: Buffer; now: Date }) {
  const state = await findRefreshToken(ctx.db, hash, nextHash, now);
  if (!state?.alive || state.usedAt === null) fail('refresh_token_invalid');
  if (state.successorUnused && now.getTime() - state.usedAt.getTime() <= graceMs) return state;
  await inTx(ctx, async (tx) => {
    await recordSecurity(tx, 'token.reused', state.userId, { sessionId: state.sessionId });
    await endSessionsOf(tx, { userId: state.userId, id: state.sessionId });
  });
  return fail('refresh_token_invalid');
}

/** Ends the chosen sessions of an account and announces each, so that caches and live connections let go. Answers how many. */
export async function endSessionsOf(ctx: TxCtx, which: SessionChoice): Promise<number> {
  const ended = await endSessions(ctx.db, which, ctx.deps.clock.now());
  for (const sessionId of ended) {
    await appendEvent(ctx, { topic: `user:${which.userId}`, type: 'session.revoked', subject: sessionId });
    await recordSecurity(ctx, 'session.revoked', sessionId, { userId: which.userId });
  }
  afterCommit(ctx.db, () => {
    for (const sessionId of ended) forgetActors(ctx.deps, { sessionId });
  });
  return ended.length;
}

/** The own sessions that are still alive, the last used first. */
export async function listOwnSessions(ctx: Ctx, actor: UserActor): Promise<(SessionRow & { current: boolean })[]> {
  const rows = await listLiveSessions(ctx.db, actor.userId, ctx.deps.clock.now());
  return rows.map((row) => ({ ...row, current: row.id === actor.sessionId }));
}

/** Ends all own sessions but the one that asks. Answers how many. */
export function revokeOtherSessions(ctx: Ctx, actor: UserActor): Promise<number> {
  return inTx(ctx, (tx) => endSessionsOf(tx, { userId: actor.userId, except: actor.sessionId }));
}

/** Ends one of the own sessions; another person's does not exist here. */
export async function revokeOwnSession(ctx: Ctx, actor: UserActor, id: string): Promise<void> {
  const ended = await inTx(ctx, (tx) => endSessionsOf(tx, { userId: actor.userId, id }));
  if (ended === 0) fail('not_found');
}
