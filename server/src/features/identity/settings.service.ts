/** Settings of the whole instance that people change at run time. */
import { fail } from '@piper/shared/errors';
import { registrationModes } from '@piper/shared/identity';
import { userIdOf } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import type { Db, Tx } from '#platform/db/db';
import { inTx } from '#platform/db/tx';
import { requireAdministrator } from './require.ts';
import { recordSecurity } from './security-events.ts';
import { findSetting, upsertSetting } from './settings.repo.ts';

export type RegistrationMode = (typeof registrationModes)[number];

/** Who may register; open until somebody decides otherwise. */
export async function registrationModeOf(db: Db | Tx): Promise<RegistrationMode> {
  const stored = await findSetting(db, 'registration');
  return registrationModes.find((mode) => mode === stored) ?? 'open';
}

/** The settings, for those who administer the instance. */
export async function readInstanceSettings(ctx: Ctx): Promise<{ registration: RegistrationMode }> {
  requireAdministrator(ctx);
  return { registration: await registrationModeOf(ctx.db) };
}

/** Changes what is given and answers all settings. */
export async function updateInstanceSettings(
  ctx: Ctx,
  changes: { registration?: RegistrationMode },
): Promise<{ registration: RegistrationMode }> {
  requireAdministrator(ctx);
  const { registration } = changes;
  if (registration === undefined) return readInstanceSettings(ctx);
  const by = userIdOf(ctx.actor);
  if (by === undefined) fail('forbidden');
  await inTx(ctx, async (tx) => {
    const before = await registrationModeOf(tx.db);
    await upsertSetting(tx.db, { key: 'registration', value: registration, by });
    await recordSecurity(tx, 'settings.changed', undefined, { before: { registration: before }, after: { registration } });
  });
  return { registration };
}
