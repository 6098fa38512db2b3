/** Contracts of threads: conversations, their messages (a tree) and the branch that is shown. */
import Type, { type Static } from 'typebox';
import { dataOf, idParams, nullable, route, strict, timestamp, uuid } from './contract.ts';
import { limits } from './limits.ts';

const tag = 'threads';
const title = Type.String({ minLength: 1, maxLength: limits.title, pattern: '\\S' });

export const thread = Type.Object({
  id: uuid,
  projectId: uuid,
  title: Type.String(),
  titleBy: Type.Enum(['none', 'text', 'assistant', 'user']),
  seq: Type.Integer(),
  currentLeafId: nullable(uuid),
  lastMessageAt: timestamp,
  archivedAt: nullable(timestamp),
  createdAt: timestamp,
  updatedAt: timestamp,
  createdBy: nullable(uuid),
  version: Type.Integer(),
});
export type Thread = Static<typeof thread>;

export const messageStatus = Type.Enum(['streaming', 'done', 'cancelled', 'interrupted', 'failed']);
export type MessageStatus = Static<typeof messageStatus>;

export const messageFile = Type.Object({ id: uuid, name: Type.String(), mediaType: Type.String(), size: Type.Integer() });

export const message = Type.Object({
  id: uuid,
  threadId: uuid,
  parentId: nullable(uuid),
  seq: Type.Integer(),
  role: Type.Enum(['user', 'assistant', 'system']),
  authorId: nullable(uuid),
  /** See stream/parts.ts: MessagePart. Empty while `status` is `streaming`: the run's stream has them. */
  parts: Type.Array(Type.Unknown()),
  status: messageStatus,
  /** Null while it is written, and for users' messages. */
  finishReason: nullable(Type.Enum(['stop', 'length', 'cancelled', 'interrupted', 'error'])),
  error: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  /** The run that writes (or wrote) this answer; for a user's message, the run that answers it. */
  runId: nullable(uuid),
  clientId: nullable(Type.String()),
  promptVersionId: nullable(uuid),
  variables: nullable(Type.Record(Type.String(), Type.Unknown())),
  aiModel: nullable(Type.String()),
  parameters: nullable(Type.Record(Type.String(), Type.Unknown())),
  usage: nullable(Type.Record(Type.String(), Type.Unknown())),
  /** US dollars; null where the price is unknown. */
  cost: nullable(Type.Number()),
  files: Type.Array(messageFile),
  createdAt: timestamp,
  updatedAt: timestamp,
  version: Type.Integer(),
});
export type Message = Static<typeof message>;

/** The alternatives at this place of the tree, in the order they were made; this message stands at `position`. */
export const siblings = Type.Object({ ids: Type.Array(uuid), position: Type.Integer() });
export const branchMessage = Type.Object({ ...message.properties, siblings });
export type BranchMessage = Static<typeof branchMessage>;

export const createThread = route({
  method: 'POST',
  path: '/api/threads',
  summary: 'Start an empty thread. POST /api/chat without threadId starts one with its first message.',
  tag,
  status: 201,
  body: strict({ projectId: uuid, title: Type.Optional(title) }),
  reply: dataOf(thread),
});

/** Listing, reading, renaming, choosing the branch that is shown (`PATCH {currentLeafId}`) and deleting are the generic verbs of /api/threads. */
export const restoreThread = route({
  method: 'POST',
  path: '/api/threads/:id/restore',
  summary: 'Bring a deleted thread back; possible for 30 days.',
  tag,
  params: idParams,
  reply: dataOf(thread),
});

export const readBranch = route({
  method: 'GET',
  path: '/api/threads/:id/messages',
  summary:
    'One page of a branch, oldest first. `leaf` names a message: the branch goes through it to its newest end; without it, the branch shown last. `before` (from meta) reads on towards the start.',
  tag,
  params: idParams,
  query: strict({
    leaf: Type.Optional(Type.String({ pattern: '^(current|[0-9a-fA-F-]{36})$' })),
    before: Type.Optional(uuid),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.branchPage, default: limits.defaultPageSize })),
  }),
  reply: Type.Object({
    data: Type.Array(branchMessage),
    meta: Type.Object({
      /** Pass it as `before` to read the older messages; null at the start of the thread. */
      before: nullable(uuid),
      /** End of this branch; null in an empty thread and for older pages. */
      leafId: nullable(uuid),
    }),
  }),
});
