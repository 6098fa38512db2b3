/** How an invitation reaches its person: by mail, or as a link for the inviter to hand on. */
import type { InvitationRow } from './invitations.repo.ts';

/** An invitation just made. */
export interface Invited {
  invitation: InvitationRow;
  token: string;
  /** The link to hand on; only known now. */
  url: string;
  /** It was also sent to the address; otherwise the link is for the inviter to pass on. */
  mailed: boolean;
}

/** The mail of an invitation to `place`. Plain text, so that no name can put markup into it. */
export function invitationMail(place: string, url: string): { subject: string; text: string } {
  const name = place.replaceAll(/\s+/g, ' ');
  return {
    subject: `Invitation to ${name}`,
    text: `You are invited to ${name}.\n\nOpen this link to accept. It works once, within seven days:\n\n${url}\n`,
  };
}

/** The invitation as its inviter sees it, this once with its link. */
export function toInvitation({ invitation, token, url, mailed }: Invited) {
  const { id, project_id: projectId, email, role } = invitation;
  const times = { expiresAt: invitation.expires_at.toISOString(), createdAt: invitation.created_at.toISOString() };
  return { id, projectId, email, role, ...times, token, url, mailed };
}
