/** What administrators must be able to look up: every entry goes to the log's topic `security`, in the transaction it belongs to. */
import type { TxCtx } from '#platform/ctx';
import { appendEvents, type NewEvent } from '#platform/events/append';

export type SecurityEvent =
  | 'login.failed'
  | 'token.reused'
  | 'role.changed'
  | 'key.created'
  | 'key.revoked'
  | 'password.changed'
  | 'session.revoked'
  | 'user.disabled'
  | 'user.enabled'
  | 'identity.linked'
  | 'settings.changed'
  | 'project.taken_over';

/** Records a security event about `subject` (an account, session or key). Never pass a secret. */
export function recordSecurity(
  ctx: TxCtx,
  type: SecurityEvent,
  subject: string | undefined,
  data: Record<string, unknown> = {},
): Promise<void> {
  return appendEvents(ctx, [{ topic: 'security', type, subject, data } satisfies NewEvent]);
}
