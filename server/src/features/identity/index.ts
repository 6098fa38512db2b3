/** Identity: who is here, how they prove it, and what administrators decide about them. */
import { users } from '@piper/shared/system-models/identity';
import type { Ctx } from '#platform/ctx';
import { defineFeature } from '#platform/feature';
import type {} from '#platform/sweeper';
import { serveAccount, serveInvitations } from './account.routes.ts';
import { serveAuth } from './auth.routes.ts';
import { authenticate } from './authenticate.ts';
import type {} from './identity.tables.ts';
import { serveOauth } from './oauth.routes.ts';
import { followSecurityEvents } from './follow-log.ts';
import { userHooks } from './users.service.ts';
import { deleteDeadSessions, deleteSpentTokens } from './sessions.repo.ts';

export { toInvitation } from './invitation-mail.ts';
export { createInvitation, onInvitationsToProjects } from './invitations.service.ts';
export { requireAdministrator, requirePerson } from './require.ts';
export { recordSecurity } from './security-events.ts';

const keptMs = 30 * 24 * 3_600_000;

export const identity = defineFeature({
  name: 'identity',
  authenticate,
  sweepers: [{ name: 'identity-clean-up', everyMs: 3_600_000, sweep: cleanUp }],
  systemModels: [{ model: users, hooks: userHooks }],
  routes: (app, deps) => {
    const stopFollowing = followSecurityEvents(deps);
    app.addHook('onClose', async () => stopFollowing());
    serveAuth(app, deps);
    serveOauth(app, deps);
    serveAccount(app, deps);
    serveInvitations(app, deps);
  },
});

/** Ended sessions and spent refresh tokens prove nothing any more after a month; the log keeps what happened. */
async function cleanUp(ctx: Ctx): Promise<void> {
  const before = new Date(ctx.deps.clock.now().getTime() - keptMs);
  await deleteDeadSessions(ctx.db, before);
  await deleteSpentTokens(ctx.db, before);
}
