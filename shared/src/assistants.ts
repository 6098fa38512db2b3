/** Contracts of assistants: turns (this file's first half), AI models and provider keys. */
import Type, { type Static } from 'typebox';
import { idParams, route, strict, uuid } from './contract.ts';
import { limits } from './limits.ts';

// ---- Turns. These routes answer `text/event-stream`: first `event: turn` with a TurnFrame, then `event: part` with dense
// `id:`s and a StreamPart each, the last one always `finish` (stream/parts.ts). The stream belongs to the run: hanging up
// stops nothing, `GET /api/runs/:id/stream` goes on reading, `POST /api/runs/:id/cancel` stops.

const clientId = Type.String({
  minLength: 1,
  maxLength: limits.clientId,
  description:
    'An id of your own for this request, unique among yours (a random UUID). Sending the same request again under it repeats nothing: it answers the same messages and attaches to the stream, running or finished. Another request under the same id: 409 `idempotency_conflict`.',
});

const aiModel = Type.String({
  minLength: 1,
  maxLength: limits.title,
  description:
    'Who answers: the id of an AI model as `GET /api/ai-models` lists it, `<provider>/<id>`. Without it: the one of the prompt, else the default of the instance.',
});

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
  threadId: Type.Optional(Type.String({ format: 'uuid', description: 'Where it is said. Without it a thread is made.' })),
  parentId: Type.Optional(
    Type.Union([uuid, Type.Null()], {
      description:
        'The message this one follows, normally an answer. Without it: the end of the branch shown last. Null: a new start of the thread. To edit a message, send the new text with the `parentId` of the old one: both stay, as alternatives. An answer that is still being written cannot be followed: 409 `turn_in_progress`.',
    }),
  ),
  promptId: Type.Optional(
    Type.String({
      format: 'uuid',
      description:
        'The prompt that answers, in its newest version. Without it: the one the thread was last asked with, else the active one of the project; without any, a neutral default.',
    }),
  ),
  aiModel: Type.Optional(aiModel),
  variables: Type.Optional(
    Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), {
      maxProperties: limits.promptVariables,
      description:
        'Values for the {{variables}} of the prompt by their names, such as {"product": "Piper"}, of the types the prompt declares. Without it: the values given before in the thread. One that has neither a value nor a default is refused (422 `variable_missing`); names the prompt does not have are ignored.',
    }),
  ),
  text: Type.Optional(
    Type.String({
      description: `What is said, in Markdown; at most ${limits.messageText.toLocaleString('en')} characters (413 \`message_too_long\`). Not with \`regenerate\`.`,
    }),
  ),
  fileIds: Type.Optional(
    Type.Array(uuid, {
      maxItems: limits.filesPerMessage,
      uniqueItems: true,
      description: 'Files to attach: the ids that `POST /api/files` answered. Enough without `text`.',
    }),
  ),
  clientId,
  regenerate: Type.Optional(
    Type.String({
      format: 'uuid',
      description:
        'The answer to be written anew: another one is asked for to the same question and stands beside it as an alternative. Needs `threadId`; without `text`, `parentId` and `fileIds`.',
    }),
  ),
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
  body: strict({ clientId, aiModel: Type.Optional(aiModel) }),
});
