/** API keys: how programs act for a person, narrowed to a project or to reading, until they expire or are revoked. */
import { fail } from '@piper/shared/errors';
import type { KeyActor } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { afterCommit, inTx } from '#platform/db/tx';
import type { Deps } from '#platform/deps';
import { newId } from '#platform/ids';
import { access } from '#platform/records/records';
import { forgetActors } from './actor-cache.ts';
import { findLiveKey, insertKey, revokeKeys, touchKey, type ApiKeyRow } from './keys.repo.ts';
import { requirePerson } from './require.ts';
import { hashSecret, newSecret } from './secrets.ts';
import { recordSecurity } from './security-events.ts';

export const keyPrefix = 'pk_';

/** `lastUsedAt` is exact to a minute; more would be a write for each request. */
const touchedMs = 60_000;

export interface KeyInput {
  name: string;
  access?: 'read' | 'write';
  projectId?: string | null;
  expiresAt?: string | null;
}

/** Makes a key for oneself; its text is in the answer and nowhere else. */
export async function createOwnKey(ctx: Ctx, input: KeyInput): Promise<{ row: ApiKeyRow; key: string }> {
  const { userId } = requirePerson(ctx);
  const expires = input.expiresAt == null ? null : new Date(input.expiresAt);
  if (expires && expires <= ctx.deps.clock.now()) fail('validation_failed', 'expiresAt lies in the past.');
  if (input.projectId != null) await access(ctx, 'projects', input.projectId, 'read');
  const key = keyPrefix + newSecret();
  const row = await inTx(ctx, async (tx) => {
    const made = await insertKey(tx.db, {
      id: newId(),
      user_id: userId,
      project_id: input.projectId ?? null,
      name: input.name.trim(),
      access: input.access ?? 'write',
      prefix: key.slice(0, 10),
      hash: hashSecret(key),
      expires_at: expires,
    });
    await recordSecurity(tx, 'key.created', made.id, {
      userId,
      name: made.name,
      access: made.access,
      projectId: made.project_id,
    });
    return made;
  });
  return { row, key };
}

/** Revokes one of one's own keys; a foreign or already revoked one does not exist here. */
export async function revokeOwnKey(ctx: Ctx, id: string): Promise<void> {
  const { userId } = requirePerson(ctx);
  const revoked = await inTx(ctx, (tx) => revokeKeysOf(tx, { userId, id }));
  if (revoked === 0) fail('not_found');
}

/** Revokes and announces keys of an account. Answers how many were alive. */
export async function revokeKeysOf(ctx: TxCtx, which: { userId: string; id?: string }): Promise<number> {
  const revoked = await revokeKeys(ctx.db, which, ctx.deps.clock.now());
  for (const id of revoked) await recordSecurity(ctx, 'key.revoked', id, { userId: which.userId });
  afterCommit(ctx.db, () => {
    for (const keyId of revoked) forgetActors(ctx.deps, { keyId });
  });
  return revoked.length;
}

/** The actor of a key; undefined when it is unknown, expired or revoked, or its person is disabled. */
export async function findKeyActor(deps: Deps, key: string): Promise<{ actor: KeyActor; expiresAt: number } | undefined> {
  const now = deps.clock.now();
  const row = await findLiveKey(deps.db, hashSecret(key), now);
  if (!row) return undefined;
  if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() > touchedMs) await touchKey(deps.db, row.id, now);
  const projectId = row.project_id ?? undefined;
  const actor: KeyActor = { kind: 'key', userId: row.user_id, role: row.role, keyId: row.id, projectId, access: row.access };
  return { actor, expiresAt: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY };
}
