/** What administrators decide about accounts: their role, and whether they may come in at all. One owner always remains. */
import { fail } from '@piper/shared/errors';
import type { TxCtx } from '#platform/ctx';
import { afterCommit } from '#platform/db/tx';
import type { Values, WriteHooks } from '#platform/records/hooks';
import { forgetActors } from './actor-cache.ts';
import { revokeKeysOf } from './keys.service.ts';
import { requirePerson } from './require.ts';
import { recordSecurity } from './security-events.ts';
import { endSessionsOf } from './sessions.service.ts';
import { lockActiveOwners } from './users.repo.ts';

/** Guards of writes to accounts; who may write which field at all is said by the model's rules. */
export const userHooks: WriteHooks = {
  async beforeUpdate(ctx, before, changes) {
    if (!touchesRights(changes)) return changes;
    requirePerson(ctx);
    const losesOwner = isActiveOwner(before) && !isActiveOwner({ ...before, ...changes });
    if (losesOwner) {
      const owners = await lockActiveOwners(ctx.db);
      if (!owners.some((id) => id !== before['id'])) fail('last_owner');
    }
    return changes;
  },
  async afterUpdate(ctx, before, after) {
    const userId = String(before['id']);
    if (before['role'] !== after['role']) {
      await recordSecurity(ctx, 'role.changed', userId, { before: { role: before['role'] }, after: { role: after['role'] } });
      afterCommit(ctx.db, () => forgetActors(ctx.deps, { userId }));
    }
    const [wasDisabled, isDisabled] = [before['disabledAt'] != null, after['disabledAt'] != null];
    if (isDisabled && !wasDisabled) await lockOut(ctx, userId);
    if (wasDisabled && !isDisabled) await recordSecurity(ctx, 'user.enabled', userId);
  },
};

const touchesRights = (changes: Values): boolean => 'role' in changes || 'disabledAt' in changes;
const isActiveOwner = (user: Values): boolean => user['role'] === 'OWNER' && user['disabledAt'] == null;

/** Ends everything the account could still act with. */
async function lockOut(ctx: TxCtx, userId: string): Promise<void> {
  await recordSecurity(ctx, 'user.disabled', userId);
  await endSessionsOf(ctx, { userId });
  await revokeKeysOf(ctx, { userId });
  afterCommit(ctx.db, () => forgetActors(ctx.deps, { userId }));
}
