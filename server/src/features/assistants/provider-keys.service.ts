/**
 * Keys of AI providers: each person's own, and the instance's. A secret goes in and never comes out; a change of the address
 * asks for the key again, or whoever may change the address could have the stored key sent to themselves.
 */
import type { ProviderKeyReply, ProviderKeyScope, ProviderReply } from '@piper/shared/ai-providers';
import { fail, PiperError } from '@piper/shared/errors';
import { requireAdministrator, requirePerson } from '#features/identity';
import { userIdOf } from '#platform/actor';
import { open, seal, SealError } from '#platform/crypto';
import type { Ctx, TxCtx } from '#platform/ctx';
import { afterCommit, inTx } from '#platform/db/tx';
import type { Deps } from '#platform/deps';
import { appendEvents } from '#platform/events/append';
import { checkOutboundUrl } from '#platform/http/outbound';
import { newId } from '#platform/ids';
import type { StoredAccess } from '#platform/llm/llm';
import type { AiModel, Provider, ProviderAccess } from '#platform/llm/provider';
import {
  deleteKeyRow,
  insertKeyRow,
  listKeyRows,
  lockKeyRow,
  updateKeyRow,
  type KeyValues,
  type ProviderKeyRow,
} from './provider-keys.repo.ts';

export interface KeyChange {
  scope?: ProviderKeyScope;
  apiKey?: string | null;
  baseUrl?: string | null;
  label?: string;
}

/** Stored keys that apply to the acting user; own before the instance's. Remembered for a moment: every turn asks. */
export async function findStoredAccess(ctx: Ctx): Promise<StoredAccess[]> {
  const userId = userIdOf(ctx.actor);
  const cache = cacheOf(ctx.deps);
  const known = cache.get(userId ?? '');
  if (known && known.until > Date.now()) return known.access;
  const access = (await listKeyRows(ctx.db, userId)).flatMap((row) => accessOf(ctx, row));
  cache.delete(userId ?? '');
  cache.set(userId ?? '', { until: Date.now() + rememberedMs, access });
  if (cache.size > cacheSize) cache.delete(cache.keys().next().value!);
  return access;
}

/** Short, since a change in another process is not announced to this one. */
const rememberedMs = 3_000;
const cacheSize = 2_000;
const caches = new WeakMap<Deps, Map<string, { until: number; access: StoredAccess[] }>>();

function cacheOf(deps: Deps) {
  const cache = caches.get(deps) ?? new Map<string, { until: number; access: StoredAccess[] }>();
  caches.set(deps, cache);
  return cache;
}

function accessOf(ctx: Ctx, row: ProviderKeyRow): StoredAccess[] {
  try {
    const apiKey = row.secret ? open(ctx.deps.env.secrets.encryption, row.secret, sealedAs(row.id)) : undefined;
    return [
      {
        provider: row.provider,
        access: { apiKey, baseUrl: row.base_url ?? undefined, ...(row.base_url && !row.by_owner ? { publicOnly: true } : {}) },
      },
    ];
  } catch (err) {
    if (!(err instanceof SealError)) throw err;
    ctx.log.warn({ err, provider: row.provider, keyId: row.id }, 'a provider key cannot be decrypted; it must be set again');
    return [];
  }
}

const sealedAs = (id: string): string => `piper.provider_keys:${id}:secret`;

/** One's own keys, and the instance's for its administrators; beside them where each provider's access comes from. */
export async function listKeys(ctx: Ctx): Promise<{ data: ProviderKeyReply[]; meta: { providers: ProviderReply[] } }> {
  const { userId, role } = requirePerson(ctx);
  const rows = await listKeyRows(ctx.db, userId);
  const visible = rows.filter((row) => row.user_id === userId || role !== 'MEMBER');
  return {
    data: visible.map((row) => present(ctx.deps, row)),
    meta: { providers: ctx.deps.llm.configurable.map((p) => presentProvider(ctx.deps, p, rows)) },
  };
}

function present(deps: Deps, row: ProviderKeyRow): ProviderKeyReply {
  const { last4, readable } = endOf(deps, row);
  return {
    id: row.id,
    provider: row.provider,
    scope: row.user_id === null ? 'instance' : 'own',
    label: row.label,
    last4,
    readable,
    baseUrl: row.base_url,
    updatedAt: row.updated_at.toISOString(),
  };
}

/** Of a short secret four characters would be too much. */
const tellable = 12;

function endOf(deps: Deps, row: ProviderKeyRow): { last4: string | null; readable: boolean } {
  if (!row.secret) return { last4: null, readable: true };
  try {
    const secret = open(deps.env.secrets.encryption, row.secret, sealedAs(row.id));
    return { last4: secret.length < tellable ? '••••' : secret.slice(-4), readable: true };
  } catch {
    return { last4: null, readable: false };
  }
}

function presentProvider(deps: Deps, provider: Provider, rows: readonly ProviderKeyRow[]): ProviderReply {
  const row = rows.find((r) => r.provider === provider.name && endOf(deps, r).readable);
  const env = Object.entries(deps.env.ai.providers).find(([name]) => name === provider.name)?.[1];
  const inEnvironment =
    env !== undefined && (env.baseUrl !== undefined || (env.apiKey !== undefined && provider.defaultBaseUrl !== undefined));
  const stored = row && (row.user_id === null ? ('instance' as const) : ('own' as const));
  return {
    name: provider.name,
    label: provider.label,
    needsKey: provider.needsKey,
    defaultBaseUrl: provider.defaultBaseUrl ?? null,
    source: stored ?? (inEnvironment ? 'environment' : null),
  };
}

/** Sets one's own key, or the instance's; announces the change, never the key. */
export async function putKey(ctx: Ctx, name: string, change: KeyChange): Promise<ProviderKeyReply> {
  const scope = change.scope ?? 'own';
  const person = scope === 'instance' ? requireAdministrator(ctx) : requirePerson(ctx);
  const provider = configurable(ctx.deps, name);
  const baseUrl = change.baseUrl == null ? change.baseUrl : checkedUrl(change.baseUrl, person.role === 'OWNER');
  const owner = scope === 'instance' ? null : person.userId;
  const row = await inTx(ctx, async (tx) => {
    const before = await lockKeyRow(tx.db, name, owner);
    const values = merge(ctx, provider, { ...change, ...(baseUrl === undefined ? {} : { baseUrl }) }, before);
    const complete: KeyValues = {
      ...values,
      user_id: owner,
      provider: name,
      created_by: person.userId,
      updated_at: ctx.deps.clock.now(),
    };
    await (before ? updateKeyRow(tx.db, complete) : insertKeyRow(tx.db, complete));
    await announce(tx, 'provider-key.changed', complete.id, { provider: name, scope });
    return (await lockKeyRow(tx.db, name, owner))!;
  });
  return present(ctx.deps, row);
}

function configurable(deps: Deps, name: string): Provider {
  return deps.llm.configurable.find((p) => p.name === name) ?? fail('not_found', `There is no provider "${name}".`);
}

function checkedUrl(text: string, mayBePrivate: boolean): string {
  if (!URL.canParse(text)) fail('validation_failed', 'The address is not valid: it must begin with https:// or http://.');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    fail('validation_failed', 'The address must not hold a name or password. Give the key in its own field.');
  checkOutboundUrl(url, !mayBePrivate);
  url.hash = '';
  url.search = '';
  return url.href.replace(/\/+$/, '');
}

/** What is stored after the change; refuses what could not work, and a moved key. */
function merge(
  ctx: Ctx,
  provider: Provider,
  change: KeyChange,
  before: ProviderKeyRow | undefined,
): Pick<KeyValues, 'id' | 'label' | 'secret' | 'base_url'> {
  const was = before ?? { id: newId(), label: '', secret: null, base_url: null };
  const base_url = change.baseUrl === undefined ? was.base_url : change.baseUrl;
  if (was.secret && change.apiKey === undefined && base_url !== was.base_url)
    fail('validation_failed', 'A new address needs the key again. Give both.');
  const secret = change.apiKey === undefined ? was.secret : sealed(ctx.deps, was.id, change.apiKey);
  refuseIncomplete(provider, secret !== null, base_url !== null);
  return { id: was.id, base_url, secret, label: change.label ?? was.label };
}

const sealed = (deps: Deps, id: string, apiKey: string | null): Buffer | null =>
  apiKey === null ? null : seal(deps.env.secrets.encryption, apiKey, sealedAs(id));

function refuseIncomplete(provider: Provider, hasKey: boolean, hasAddress: boolean): void {
  if (hasAddress) return;
  if (provider.defaultBaseUrl === undefined)
    fail('validation_failed', `${provider.label} has no address of its own. Give the one of your server.`);
  if (!hasKey) fail('validation_failed', 'Give a key.');
}

/** Removes a key; what else applies (the instance's, the environment's) is used from then on. */
export async function deleteKey(ctx: Ctx, name: string, scope: ProviderKeyScope = 'own'): Promise<void> {
  const person = scope === 'instance' ? requireAdministrator(ctx) : requirePerson(ctx);
  await inTx(ctx, async (tx) => {
    const id = await deleteKeyRow(tx.db, name, scope === 'instance' ? null : person.userId);
    if (id === undefined) fail('not_found');
    await announce(tx, 'provider-key.removed', id, { provider: name, scope });
  });
}

async function announce(tx: TxCtx, type: string, id: string, data: Record<string, unknown>): Promise<void> {
  const userId = userIdOf(tx.actor)!;
  await appendEvents(tx, [
    { topic: 'security', type, subject: id, data },
    { topic: `user:${userId}`, type, subject: id, data },
  ]);
  afterCommit(tx.db, () => {
    cacheOf(tx.deps).clear();
    tx.deps.llm.forget();
  });
}

/** Lists the models of the access in use, or of exactly the given one: another address is never combined with a stored key. */
export async function checkKey(ctx: Ctx, name: string, given: { apiKey?: string; baseUrl?: string }): Promise<AiModel[]> {
  const mayBePrivate = requirePerson(ctx).role === 'OWNER';
  const { llm } = ctx.deps;
  configurable(ctx.deps, name);
  const inUse = given.apiKey === undefined ? await accessInUse(ctx, name) : undefined;
  if (inUse && (given.baseUrl === undefined || given.baseUrl === inUse.baseUrl)) return llm.check(name, inUse);
  if (given.apiKey === undefined && given.baseUrl === undefined) fail('provider_not_configured');
  const baseUrl = given.baseUrl === undefined ? undefined : checkedUrl(given.baseUrl, mayBePrivate);
  return llm.check(name, { apiKey: given.apiKey, baseUrl, ...(baseUrl && !mayBePrivate ? { publicOnly: true } : {}) });
}

async function accessInUse(ctx: Ctx, name: string): Promise<ProviderAccess | undefined> {
  try {
    return (await ctx.deps.llm.resolve(ctx, `${name}/any`)).access;
  } catch (error) {
    if (error instanceof PiperError && error.code === 'provider_not_configured') return undefined;
    throw error;
  }
}
