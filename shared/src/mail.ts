/** The outbox: what Piper has mailed, is about to mail, or holds because no mail server is configured. */
import Type, { type Static } from 'typebox';
import { dataOf, nullable, route, strict, timestamp, uuid } from './contract.ts';
import { limits } from './limits.ts';

export const outboxMail = Type.Object({
  id: uuid,
  to: Type.String(),
  subject: Type.String(),
  /** Null once it was sent. */
  text: nullable(Type.String()),
  status: Type.Enum(['queued', 'sent', 'failed', 'held']),
  attempts: Type.Integer(),
  error: nullable(Type.String()),
  nextAttemptAt: nullable(timestamp),
  sentAt: nullable(timestamp),
  createdAt: timestamp,
});
export type OutboxMail = Static<typeof outboxMail>;

export const listOutbox = route({
  method: 'GET',
  path: '/api/outbox',
  tag: 'mail',
  summary: 'List mails, newest first; for owners and administrators. `before` is the id of the last one read.',
  query: strict({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: limits.defaultPageSize })),
    before: Type.Optional(uuid),
  }),
  reply: Type.Object({
    ...dataOf(Type.Array(outboxMail)).properties,
    meta: Type.Object({ isConfigured: Type.Boolean(), before: nullable(uuid) }),
  }),
});
