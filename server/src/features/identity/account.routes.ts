/** One's own profile, password and API keys; the instance's settings and invitations. */
import type { FastifyInstance } from 'fastify';
import * as contract from '@piper/shared/identity';
import type { Deps } from '#platform/deps';
import { inTx } from '#platform/db/tx';
import { serve } from '#platform/http/serve';
import { changeOwnPassword, readOwnAccount, toAccount, updateOwnAccount } from './accounts.service.ts';
import { findInvitation, inviteUser, redeemInvitation } from './invitations.service.ts';
import { toInvitation } from './invitation-mail.ts';
import { createOwnKey, revokeOwnKey } from './keys.service.ts';
import { requirePerson } from './require.ts';
import { readInstanceSettings, updateInstanceSettings } from './settings.service.ts';

export function serveAccount(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.readProfile, async (ctx) => ({ data: toAccount(await readOwnAccount(ctx)) }));
  for (const method of ['PATCH', 'PUT'] as const) {
    serve(app, deps, { ...contract.updateProfile, method }, async (ctx, { body }) => ({
      data: toAccount(await updateOwnAccount(ctx, body)),
    }));
    serve(app, deps, { ...contract.updateSettings, method }, async (ctx, { body }) => ({
      data: await updateInstanceSettings(ctx, body),
    }));
  }
  serve(app, deps, contract.changePassword, async (ctx, { body }) => {
    await changeOwnPassword(ctx, body);
    return {};
  });
  serve(app, deps, contract.createKey, async (ctx, { body }) => {
    const { row, key } = await createOwnKey(ctx, body);
    const { id, name, prefix, access } = row;
    const times = { expiresAt: row.expires_at?.toISOString() ?? null, createdAt: row.created_at.toISOString() };
    return { data: { id, name, prefix, access, projectId: row.project_id, ...times, key } };
  });
  serve(app, deps, contract.revokeKey, async (ctx, { params }) => {
    await revokeOwnKey(ctx, params.id);
    return {};
  });
  serve(app, deps, contract.readSettings, async (ctx) => ({ data: await readInstanceSettings(ctx) }));
}

export function serveInvitations(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.inviteToInstance, async (ctx, { body }) => {
    return { data: toInvitation(await inviteUser(ctx, body)) };
  });
  serve(app, deps, contract.previewInvitation, async (ctx, { body }, { request }) => {
    const found = await findInvitation(ctx, body.token, request.ip);
    const { email, role, project_id: projectId, projectName, invitedBy } = found;
    return { data: { email, role, projectId, projectName, invitedBy, expiresAt: found.expires_at.toISOString() } };
  });
  serve(app, deps, contract.acceptInvitation, async (ctx, { body }) => {
    const person = requirePerson(ctx);
    const invitation = await inTx(ctx, (tx) => redeemInvitation(tx, body.token, { id: person.userId, role: person.role }));
    return { data: { projectId: invitation.project_id, role: invitation.role } };
  });
}
