/** What mail contributes like a feature does: the outbox page's route, and coming back to mails that could not be sent. */
import type { FastifyInstance } from 'fastify';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { listOutbox as contract, type OutboxMail } from '@piper/shared/mail';
import type { Ctx } from '../ctx.ts';
import type { Deps } from '../deps.ts';
import { defineFeature } from '../feature.ts';
import { serve } from '../http/serve.ts';
import type {} from '../sweeper.ts';
import type {} from './mail.ts';
import { deleteOldMails, listOutbox, type OutboxRow } from './outbox.repo.ts';

const keptDays = 30;

export const mail = defineFeature({
  name: 'mail',
  routes: serveOutbox,
  sweepers: [
    { name: 'mail-retry', everyMs: 20_000, sweep: async (ctx) => void (await ctx.deps.mail.deliver()) },
    { name: 'mail-clean-up', everyMs: 3_600_000, sweep: (ctx) => deleteOldMails(ctx.db, keptDays) },
  ],
});

function serveOutbox(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract, async (ctx, { query }) => {
    requireAdministrator(ctx);
    const limit = query.limit ?? limits.defaultPageSize;
    const rows = await listOutbox(ctx.db, { before: query.before, limit });
    const before = rows.length === limit ? (rows.at(-1)?.id ?? null) : null;
    return { data: rows.map(present), meta: { isConfigured: deps.mail.isConfigured, before } };
  });
}

/** Held mails carry links that let their reader in, so a key, which may be handed on, doesn't see them. */
function requireAdministrator({ actor }: Ctx): void {
  if (actor.kind !== 'user' || actor.role === 'MEMBER') fail('forbidden', 'Only owners and administrators read the outbox.');
}

function present(row: OutboxRow): OutboxMail {
  const { id, subject, text, status, attempts, error } = row;
  return {
    id,
    to: row.to_address,
    subject,
    text,
    status,
    attempts,
    error,
    nextAttemptAt: status === 'queued' ? row.next_attempt_at.toISOString() : null,
    sentAt: row.sent_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}
