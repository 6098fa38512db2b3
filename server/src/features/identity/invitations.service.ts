/**
 * Invitations: a secret link, to the instance or to a project. Whoever holds the link may use it, once. Identity keeps them,
 * because they open registration; what a project is and what joining it means is told by the projects feature through `onInvitationsToProjects`.
 */
import { fail } from '@piper/shared/errors';
import { userIdOf } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import type {} from '#platform/mail/mail';
import { inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { countUse, rateLimits } from '#platform/http/rate-limit';
import { newId } from '#platform/ids';
import { invitationMail, type Invited } from './invitation-mail.ts';
import { findOpenInvitation, insertInvitation, setUserRole, spendInvitation, type InvitationRow } from './invitations.repo.ts';
import { requireAdministrator } from './require.ts';
import { hashSecret, newSecret } from './secrets.ts';
import { recordSecurity } from './security-events.ts';
import type { UserRow } from './users.repo.ts';

const lifeMs = 7 * 24 * 3_600_000;

/** What identity must know of projects. */
export interface InvitingProjects {
  /** Joins `userId` to the project an invitation was for. */
  join: (ctx: TxCtx, join: { projectId: string; role: string; userId: string }) => Promise<void>;
  /** Undefined when the project is gone. */
  nameOf: (ctx: Ctx, projectId: string) => Promise<string | undefined>;
}

const projectsOf = new WeakMap<Deps, InvitingProjects>();

/** Tells identity about the projects that invitations are for; called once, when routes are registered. */
export function onInvitationsToProjects(deps: Deps, projects: InvitingProjects): void {
  projectsOf.set(deps, projects);
}

const projectsFor = ({ deps }: Ctx): InvitingProjects => {
  const projects = projectsOf.get(deps);
  if (!projects) throw new Error('no feature takes invitations to projects');
  return projects;
};

export interface InvitationInput {
  projectId: string | null;
  email: string;
  role: string;
  /** What one is invited to, for the mail. */
  place: string;
}

/** Writes an invitation, mails it if mail is configured, and answers its link. The caller has checked that the actor may invite. */
export async function createInvitation(ctx: TxCtx, to: InvitationInput): Promise<Invited> {
  const createdBy = userIdOf(ctx.actor) ?? fail('forbidden');
  const token = newSecret();
  const invitation = await insertInvitation(ctx.db, {
    id: newId(),
    project_id: to.projectId,
    email: to.email,
    role: to.role,
    token_hash: hashSecret(token),
    expires_at: new Date(ctx.deps.clock.now().getTime() + lifeMs),
    created_by: createdBy,
  });
  const after = { email: to.email, role: to.role };
  const topic = to.projectId === null ? 'security' : `project:${to.projectId}`;
  await appendEvent(ctx, {
    topic,
    type: 'invitation.created',
    subject: invitation.id,
    projectId: to.projectId ?? undefined,
    data: { after },
  });
  const url = new URL(`/register?invitation=${token}`, ctx.deps.env.http.publicUrl).href;
  const { isConfigured: mailed } = ctx.deps.mail;
  if (mailed) await ctx.deps.mail.sendIn(ctx.db, { ...invitationMail(to.place, url), to: to.email, createdBy });
  return { invitation, token, url, mailed };
}

/** Invites to the instance; only an owner may make administrators. */
export async function inviteUser(ctx: Ctx, input: { email: string; role?: 'ADMIN' | 'MEMBER' }): Promise<Invited> {
  const person = requireAdministrator(ctx);
  const role = input.role ?? 'MEMBER';
  if (role === 'ADMIN' && person.role !== 'OWNER') fail('forbidden', 'Only an owner may invite administrators.');
  return inTx(ctx, (tx) => createInvitation(tx, { projectId: null, email: input.email, role, place: 'Piper' }));
}

/** What an open invitation is for. Throws `invitation_invalid`, also when its project is gone. */
export async function findInvitation(ctx: Ctx, token: string, ip: string) {
  await countUse(ctx.deps, rateLimits.invitation, ip);
  const found = (await findOpenInvitation(ctx.db, hashSecret(token), ctx.deps.clock.now())) ?? fail('invitation_invalid');
  if (found.project_id === null) return { ...found, projectName: null };
  const projectName = await projectsFor(ctx).nameOf(ctx, found.project_id);
  return { ...found, projectName: projectName ?? fail('invitation_invalid', 'The project of this invitation no longer exists.') };
}

/** Uses the invitation up for this account. Throws `invitation_invalid` when it is unknown, used or expired. */
export async function redeemInvitation(ctx: TxCtx, token: string, user: Pick<UserRow, 'id' | 'role'>): Promise<InvitationRow> {
  const invitation = (await spendInvitation(ctx.db, hashSecret(token), ctx.deps.clock.now())) ?? fail('invitation_invalid');
  const { project_id: projectId, role } = invitation;
  if (projectId !== null) {
    await projectsFor(ctx).join(ctx, { projectId, role, userId: user.id });
  } else if (role === 'ADMIN' && user.role === 'MEMBER') {
    await setUserRole(ctx.db, user.id, 'ADMIN');
    await recordSecurity(ctx, 'role.changed', user.id, { before: { role: user.role }, after: { role }, by: 'invitation' });
  }
  const topic = projectId === null ? 'security' : `project:${projectId}`;
  await appendEvent(ctx, {
    topic,
    type: 'invitation.accepted',
    subject: invitation.id,
    projectId: projectId ?? undefined,
    data: { userId: user.id },
  });
  return invitation;
}
