/** Accounts: registering, signing in with a password, one's own profile. */
import { fail } from '@piper/shared/errors';
import type { Account } from '@piper/shared/identity';
import type { UserActor } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { countUse, forgetUses, rateLimits } from '#platform/http/rate-limit';
import { newId } from '#platform/ids';
import { redeemInvitation } from './invitations.service.ts';
import { hashPassword, isPassword } from './passwords.ts';
import { requirePerson } from './require.ts';
import { recordSecurity } from './security-events.ts';
import { endSessionsOf, openSession, type Client, type OpenSession } from './sessions.service.ts';
import { registrationModeOf } from './settings.service.ts';
import {
  findUser,
  findUserByEmail,
  hasUsers,
  insertUser,
  lockFirstUser,
  updateUser,
  type NewUser,
  type UserChanges,
  type UserRow,
} from './users.repo.ts';

const maxPreferences = 64 * 1024;

/** The account as its own person sees it. */
export function toAccount(user: UserRow): Account {
  const { id, email, name, image, role, preferences, version } = user;
  const times = { createdAt: user.created_at.toISOString(), updatedAt: user.updated_at.toISOString() };
  return { id, email, name, image, role, preferences, hasPassword: user.password_hash !== null, ...times, version };
}

export interface Registration {
  email: string;
  password: string;
  name: string;
  invitation?: string;
}

/** Creates the account and signs it in. Throws `registration_closed`, `email_taken`, `invitation_invalid` or what is wrong with the password. */
export async function registerAccount(ctx: Ctx, input: Registration, client: Client): Promise<OpenSession> {
  await countUse(ctx.deps, rateLimits.register, client.ip);
  const password_hash = await hashPassword(ctx.deps, input.password);
  return inTx(ctx, async (tx) => {
    const user = await createAccount(tx, { email: input.email, name: input.name.trim(), password_hash }, input.invitation);
    return openSession(tx, user, client);
  });
}

/** Writes the account if the instance takes new ones; the very first becomes OWNER, however many register at that moment. */
export async function createAccount(ctx: TxCtx, account: Omit<NewUser, 'id' | 'role'>, invitation?: string): Promise<UserRow> {
  const id = newId();
  const isFirst = await claimsFirst(ctx);
  const mode = isFirst ? 'open' : await registrationModeOf(ctx.db);
  if (mode === 'closed' || (mode === 'invitation' && invitation === undefined)) fail('registration_closed');
  const user = await insertUser(ctx.db, { ...account, id, role: isFirst ? 'OWNER' : 'MEMBER' });
  if (!user) fail('email_taken');
  const asUser = { ...ctx, actor: actorOf(user) };
  await appendEvent(asUser, {
    topic: `user:${id}`,
    type: 'user.created',
    subject: id,
    data: { after: { name: user.name, role: user.role } },
  });
  if (invitation === undefined) return user;
  await redeemInvitation(asUser, invitation, user);
  return (await findUser(ctx.db, id)) ?? user;
}

const actorOf = (user: UserRow): UserActor => ({ kind: 'user', userId: user.id, role: user.role, sessionId: '' });

async function claimsFirst(ctx: TxCtx): Promise<boolean> {
  if (await hasUsers(ctx.db)) return false;
  await lockFirstUser(ctx.db);
  return !(await hasUsers(ctx.db));
}

/** Signs in. Whether the address is unknown, disabled or the password wrong: same answer, same time. */
export async function signIn(ctx: Ctx, input: { email: string; password: string }, client: Client): Promise<OpenSession> {
  const account = `${client.ip} ${input.email.toLowerCase()}`;
  await countUse(ctx.deps, rateLimits.login, client.ip);
  await countUse(ctx.deps, rateLimits.loginAccount, account);
  const user = await findUserByEmail(ctx.db, input.email.trim());
  const isRight = await isPassword(ctx.deps, input.password, user?.password_hash);
  if (!user || !isRight || user.disabled_at !== null) {
    await inTx(ctx, (tx) => recordSecurity(tx, 'login.failed', user?.id, { email: input.email, ip: client.ip }));
    fail('invalid_credentials');
  }
  await forgetUses(ctx.deps, rateLimits.loginAccount, account);
  return inTx(ctx, (tx) => openSession(tx, user, client));
}

/** The signed-in person's account. */
export async function readOwnAccount(ctx: Ctx): Promise<UserRow> {
  const userId = ctx.actor.kind === 'system' ? fail('unauthenticated') : ctx.actor.userId;
  return (await findUser(ctx.db, userId)) ?? fail('unauthenticated');
}

export interface ProfileChanges {
  name?: string;
  image?: string | null;
  preferences?: Record<string, unknown>;
  email?: string;
  currentPassword?: string;
}

/** Changes one's own account. Another e-mail address needs the current password, for it is what one signs in with. */
export async function updateOwnAccount(ctx: Ctx, changes: ProfileChanges): Promise<UserRow> {
  const { userId } = requirePerson(ctx);
  const before = await readOwnAccount(ctx);
  const columns = await columnsOf(ctx, before, changes);
  if (Object.keys(columns).length === 0) return before;
  return inTx(ctx, async (tx) => {
    if (columns.email !== undefined) {
      const holder = await findUserByEmail(tx.db, columns.email);
      if (holder && holder.id !== userId) fail('email_taken');
    }
    const after = await updateUser(tx.db, userId, columns);
    const data = { before: shown(before), after: shown(after) };
    await appendEvent(tx, { topic: `user:${userId}`, type: 'user.updated', subject: userId, data });
    return after;
  });
}

const shown = ({ name, image, email }: UserRow) => ({ name, image, email });

async function columnsOf(ctx: Ctx, before: UserRow, changes: ProfileChanges): Promise<UserChanges> {
  const columns: UserChanges = {};
  if (changes.name !== undefined) columns.name = changes.name.trim();
  if (changes.image !== undefined) columns.image = changes.image;
  if (changes.preferences !== undefined) {
    columns.preferences = JSON.stringify(changes.preferences);
    if (columns.preferences.length > maxPreferences) fail('payload_too_large', 'The preferences are larger than 64 KiB.');
  }
  if (changes.email !== undefined && changes.email !== before.email) {
    await requirePassword(ctx, before, changes.currentPassword);
    columns.email = changes.email;
  }
  return columns;
}

/** Changes the password and ends all other sessions. An account without one (external sign-in) needs no current one. */
export async function changeOwnPassword(ctx: Ctx, input: { currentPassword?: string; newPassword: string }): Promise<void> {
  const { userId, sessionId } = requirePerson(ctx);
  const user = await readOwnAccount(ctx);
  if (user.password_hash !== null) await requirePassword(ctx, user, input.currentPassword);
  const password_hash = await hashPassword(ctx.deps, input.newPassword);
  await inTx(ctx, async (tx) => {
    await updateUser(tx.db, userId, { password_hash });
    await recordSecurity(tx, 'password.changed', userId);
    await endSessionsOf(tx, { userId, ...(sessionId !== '' && { except: sessionId }) });
  });
}

/** Throws `invalid_credentials` unless it is the account's password; guessing is limited as at sign-in. */
async function requirePassword(ctx: Ctx, user: UserRow, password: string | undefined): Promise<void> {
  await countUse(ctx.deps, rateLimits.loginAccount, `password ${user.id}`);
  if (await isPassword(ctx.deps, password ?? '', user.password_hash)) return;
  await inTx(ctx, (tx) => recordSecurity(tx, 'login.failed', user.id, { reason: 'current password' }));
  fail('invalid_credentials', 'The current password is wrong.');
}
