/** Identity: who is here, how they prove it, and what administrators decide about them. */
import { defineFeature } from '#platform/feature';
import { serveAccount, serveInvitations } from './account.routes.ts';
import { serveAuth } from './auth.routes.ts';
import { authenticate } from './authenticate.ts';
import type {} from './identity.tables.ts';

export { toInvitation } from './invitation-mail.ts';
export { createInvitation, onInvitationAccepted } from './invitations.service.ts';
export { requireAdministrator, requirePerson } from './require.ts';
export { recordSecurity } from './security-events.ts';

export const identity = defineFeature({
  name: 'identity',
  authenticate,
  routes: (app, deps) => {
    serveAuth(app, deps);
    serveAccount(app, deps);
    serveInvitations(app, deps);
  },
});
