/** What an invitation says before it is accepted. */
import type { previewInvitation } from '@piper/shared/identity';
import type { Reply } from '@piper/shared/contract';

type Invitation = Reply<typeof previewInvitation>['data'];

/** "Ada Lovelace invited you to “Customer support”" */
export function describeInvitation({ invitedBy, projectName }: Pick<Invitation, 'invitedBy' | 'projectName'>): string {
  const place = projectName === null ? `the Piper server ${location.host}` : `“${projectName}”`;
  return `${invitedBy ?? 'An administrator'} invited you to ${place}`;
}
