/** How an invitation reaches its person: as a link for the inviter to hand on. */
import type { Invited } from './invitations.service.ts';

/** The invitation as its inviter sees it, this once with its link. */
export function toInvitation({ invitation, token, url }: Invited) {
  const { id, project_id: projectId, email, role } = invitation;
  const times = { expiresAt: invitation.expires_at.toISOString(), createdAt: invitation.created_at.toISOString() };
  return { id, projectId, email, role, ...times, token, url };
}
