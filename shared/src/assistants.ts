/** Contracts of assistants: turns (this file's first half), AI models and provider keys. */
import Type, { type Static } from 'typebox';
import { idParams, route, strict, uuid } from './contract.ts';
import { limits } from './limits.ts';

// ---- Turns. These routes answer `text/event-stream`: first `event: turn` with a TurnFrame, then `event: part` with dense
// `id:`s and a StreamPart each, the last one always `finish` (stream/parts.ts). The stream belongs to the run: hanging up
// stops nothing, `GET /api/runs/:id/stream` goes on reading, `POST /api/runs/:id/cancel` stops.

const clientId = Type.String({ minLength: 1, maxLength: limits.clientId });

/**
 * What is said, and where:
 * - Without `threadId` a thread is made.
 * - `parentId` is the message it follows; null starts the tree anew (an edited first message). Messages with the same
 *   parent are alternatives: two tabs that both answer the message they see both get through, as siblings. Without
 *   `parentId` it follows the end of the branch shown last.
 * - What follows an answer that is still being written is refused (409 `turn_in_progress`): it would be asked without
 *   the answer it follows. Nothing is written then; send it again when the answer is there.
 * - `regenerate` asks for another answer to the question that message answers, as its sibling; without `text`.
 * - `clientId` makes it safe to repeat: the same request again gives the same messages and attaches to the stream, running
 *   or finished; another request under the same id is refused (409 `idempotency_conflict`).
 */
export const chatBody = strict({
  projectId: uuid,
  threadId: Type.Optional(uuid),
  parentId: Type.Optional(Type.Union([uuid, Type.Null()])),
  /** Without it: the project's active prompt; without one, a neutral default. */
  promptId: Type.Optional(uuid),
  /** `<provider>/<id>`. Without it: the prompt's, else the instance's default. */
  aiModel: Type.Optional(Type.String({ minLength: 1, maxLength: limits.title })),
  variables: Type.Optional(
    Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), { maxProperties: limits.promptVariables }),
  ),
  /** At most limits.messageText characters (413 `message_too_long`). */
  text: Type.Optional(Type.String()),
  fileIds: Type.Optional(Type.Array(uuid, { maxItems: limits.filesPerMessage, uniqueItems: true })),
  clientId,
  regenerate: Type.Optional(uuid),
});
export type ChatBody = Static<typeof chatBody>;

export const chat = route({
  method: 'POST',
  path: '/api/chat',
  summary: 'Say something in a thread and read the answer as a stream of events.',
  tag: 'chat',
  body: chatBody,
});

/**
 * Goes on with an answer that was stopped, interrupted, cut by its length or by a failure: a sibling of it that begins with
 * the text that is there. The old answer stays as it is. Same stream and same rule for `clientId` as POST /api/chat.
 */
export const continueMessage = route({
  method: 'POST',
  path: '/api/messages/:id/continue',
  summary: 'Go on with an answer that ended early, and read the rest as a stream of events.',
  tag: 'chat',
  params: idParams,
  body: strict({ clientId, aiModel: Type.Optional(Type.String({ minLength: 1, maxLength: limits.title })) }),
});
