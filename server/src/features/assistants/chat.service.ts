/** Asking an assistant: the question, the answer to be and the run that writes it are one transaction. */
import { createHash } from 'node:crypto';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { ChatBody } from '@piper/shared/assistants';
import type { TurnFrame } from '@piper/shared/stream/parts';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { newId } from '#platform/ids';
import { attachFiles } from '#features/files';
import {
  accessProjectForThreads,
  accessThread,
  findAnswerOf,
  findMessage,
  findSentMessage,
  findThreadOfMessage,
  holdThread,
  openThread,
  postMessages,
  requireParent,
  requireUser,
  type Draft,
  type HeldThread,
  type MessageRow,
} from '#features/threads';
import { planTurn, type TurnPlan } from './turn-plan.ts';
import type { TurnInput } from './turn-input.ts';

/** Starts the turn this body asks for, or finds the one that the same request started before. */
export async function startTurn(ctx: Ctx, body: ChatBody): Promise<TurnFrame> {
  refuseUnsayable(body);
  const preparing = prepare(ctx, body);
  return once(ctx, body.clientId, hashOf(body), async (hash) => {
    const plan = await preparing();
    return inTx(ctx, async (tx) => {
      const thread = await (body.threadId === undefined ? openThread(tx, body) : holdThread(tx, body.threadId));
      const ids = { userMessageId: newId(), messageId: newId(), runId: newId() };
      if (body.regenerate !== undefined) return answerAgain(tx, { thread, plan, hash, body, ids });
      const parentId = body.parentId === undefined ? thread.current_leaf_id : body.parentId;
      if (parentId !== null) await requireParent(tx, thread, parentId);
      const question = questionDraft(body, hash, { id: ids.userMessageId, parentId, runId: ids.runId });
      if (body.fileIds?.length) await attachFiles(tx, body.fileIds, { projectId: body.projectId });
      return beginTurn(tx, { thread, plan, ids, drafts: [question] });
    });
  });
}

/**
 * Looks up what a turn needs, at once and side by side, for somebody waits for the first word. Failures wait until they are
 * asked for: a repeated request needs none of it, and what may not be seen is refused before anything else is.
 */
function prepare(ctx: Ctx, body: ChatBody): () => Promise<TurnPlan> {
  const { projectId, threadId } = body;
  const access = threadId === undefined ? accessProjectForThreads(ctx, projectId) : accessThreadOf(ctx, projectId, threadId);
  const both = Promise.allSettled([access, planTurn(ctx, body)]);
  return async () => {
    const [allowed, plan] = await both;
    if (allowed.status === 'rejected') throw allowed.reason;
    if (plan.status === 'rejected') throw plan.reason;
    return plan.value;
  };
}

/** Starts a sibling of this answer that begins with its text and goes on; or finds the one started before. */
export async function continueAnswer(
  ctx: Ctx,
  messageId: string,
  body: { clientId: string; aiModel?: string },
): Promise<TurnFrame> {
  const threadId = (await findThreadOfMessage(ctx.db, messageId)) ?? fail('not_found');
  const seen = await accessThread(ctx, threadId, 'write');
  return once(ctx, body.clientId, hashOf({ continue: messageId, ...body }), async (hash) => {
    const before = await findMessage(ctx.db, threadId, messageId);
    const aiModel = body.aiModel ?? before?.ai_model ?? undefined;
    const plan = await planTurn(ctx, {
      projectId: seen.project_id,
      threadId,
      aiModel,
      variables: before?.variables ?? undefined,
    });
    return inTx(ctx, async (tx) => {
      const thread = await holdThread(tx, threadId);
      const { answer, questionId } = await requireAnswer(tx, thread, messageId);
      const pinned = { ...plan, promptVersionId: answer.prompt_version_id ?? plan.promptVersionId };
      const ids = { userMessageId: questionId, messageId: newId(), runId: newId() };
      return beginTurn(tx, {
        thread,
        plan: pinned,
        ids,
        drafts: [],
        repeat: { clientId: body.clientId, hash },
        continues: answer.id,
      });
    });
  });
}

interface Again {
  thread: HeldThread;
  plan: TurnPlan;
  hash: Buffer;
  body: ChatBody;
  ids: TurnIds;
}

async function answerAgain(tx: TxCtx, { thread, plan, hash, body, ids }: Again): Promise<TurnFrame> {
  const { answer, questionId } = await requireAnswer(tx, thread, body.regenerate!);
  const cause = `message:${answer.id}`;
  return beginTurn(tx, {
    thread,
    plan,
    ids: { ...ids, userMessageId: questionId },
    drafts: [],
    repeat: { clientId: body.clientId, hash },
    cause,
  });
}

/** An answer that has ended, and the question it answers. */
async function requireAnswer(tx: TxCtx, thread: HeldThread, id: string): Promise<{ answer: MessageRow; questionId: string }> {
  const answer = await requireParent(tx, thread, id);
  if (answer.role !== 'assistant' || answer.parent_id === null)
    fail('validation_failed', 'Only an answer of an assistant can be written again or continued.');
  return { answer, questionId: answer.parent_id };
}

interface TurnIds {
  userMessageId: string;
  messageId: string;
  runId: string;
}

interface Turn {
  thread: HeldThread;
  plan: TurnPlan;
  ids: TurnIds;
  drafts: Draft[];
  /** Where no question is written, the answer carries the client's id. */
  repeat?: { clientId: string; hash: Buffer };
  continues?: string;
  cause?: string;
}

/** Posts the question (if any) and the answer to be, and starts the run that writes it. */
async function beginTurn(tx: TxCtx, { thread, plan, ids, drafts, repeat, continues, cause }: Turn): Promise<TurnFrame> {
  const answer: Draft = {
    id: ids.messageId,
    parentId: ids.userMessageId,
    role: 'assistant',
    text: '',
    status: 'streaming',
    runId: ids.runId,
    clientId: repeat?.clientId,
    clientHash: repeat?.hash,
    promptVersionId: plan.promptVersionId,
    variables: plan.variables,
    aiModel: plan.aiModel,
    parameters: { ...plan.parameters },
    cause: cause ?? (continues === undefined ? undefined : `message:${continues}`),
  };
  await postMessages(tx, thread, [...drafts, answer]);
  const userId = requireUser(tx.actor);
  const input: TurnInput = {
    userId,
    projectId: thread.project_id,
    threadId: thread.id,
    userMessageId: ids.userMessageId,
    messageId: ids.messageId,
    aiModel: plan.aiModel,
    parameters: plan.parameters,
    ...(plan.promptVersionId === undefined ? {} : { promptVersionId: plan.promptVersionId }),
    ...(plan.variables === undefined ? {} : { variables: plan.variables }),
    ...(continues === undefined ? {} : { continues }),
  };
  await tx.deps.runs.start(tx, {
    id: ids.runId,
    kind: 'turn',
    input: { ...input },
    projectId: thread.project_id,
    threadId: thread.id,
    messageId: ids.messageId,
    createdBy: userId,
    pinned: plan.promptVersionId,
    cause: `message:${continues ?? ids.userMessageId}`,
  });
  return { runId: ids.runId, threadId: thread.id, userMessageId: ids.userMessageId, messageId: ids.messageId };
}

function questionDraft(body: ChatBody, hash: Buffer, place: { id: string; parentId: string | null; runId: string }): Draft {
  return {
    ...place,
    role: 'user',
    text: body.text ?? '',
    status: 'done',
    clientId: body.clientId,
    clientHash: hash,
    fileIds: body.fileIds,
  };
}

function refuseUnsayable(body: ChatBody): void {
  if ((body.text?.length ?? 0) > limits.messageText) {
    fail(
      'message_too_long',
      `A message has at most ${limits.messageText.toLocaleString('en')} characters. Attach longer texts as a file.`,
    );
  }
  const saysSomething = (body.text ?? '').trim() !== '' || (body.fileIds?.length ?? 0) > 0;
  if (body.regenerate !== undefined) refuseMixedRegenerate(body, saysSomething);
  else if (!saysSomething) fail('validation_failed', 'A message needs a text or a file.');
}

function refuseMixedRegenerate(body: ChatBody, saysSomething: boolean): void {
  if (saysSomething || body.parentId !== undefined) {
    fail('validation_failed', '`regenerate` takes no text, files or parentId: it answers the same question again.');
  }
  if (body.threadId === undefined) fail('validation_failed', '`regenerate` needs the threadId.');
}

async function accessThreadOf(ctx: Ctx, projectId: string, threadId: string): Promise<void> {
  const thread = await accessThread(ctx, threadId, 'write');
  if (thread.project_id !== projectId) fail('not_found', 'There is no such thread in this project.');
}

/** The same content gives the same hash, in whatever order its fields were sent. */
function hashOf(body: object): Buffer {
  const sorted = JSON.stringify(body, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(sorted).digest();
}

/** Does `work` unless this client did it before under the same id; of two at once, one does it and the other finds it. */
async function once(ctx: Ctx, clientId: string, hash: Buffer, work: (hash: Buffer) => Promise<TurnFrame>): Promise<TurnFrame> {
  const before = await findRepeated(ctx, clientId, hash);
  if (before) return before;
  try {
    return await work(hash);
  } catch (error) {
    // The other one's answer is being written already, or its message took the id: either way it is there now.
    const repeated = await findRepeated(ctx, clientId, hash);
    if (repeated) return repeated;
    throw error;
  }
}

async function findRepeated(ctx: Ctx, clientId: string, hash: Buffer): Promise<TurnFrame | undefined> {
  const sent = await findSentMessage(ctx.db, requireUser(ctx.actor), clientId);
  if (!sent) return undefined;
  await accessThread(ctx, sent.thread_id, 'write');
  if (!sent.client_hash?.equals(hash) || sent.run_id === null) fail('idempotency_conflict');
  const { thread_id: threadId, run_id: runId } = sent;
  if (sent.role === 'assistant') return { runId, threadId, userMessageId: sent.parent_id ?? sent.id, messageId: sent.id };
  const messageId = (await findAnswerOf(ctx.db, { threadId, id: sent.id, runId })) ?? fail('idempotency_conflict');
  return { runId, threadId, userMessageId: sent.id, messageId };
}
