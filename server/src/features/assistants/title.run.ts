/** A better title for a thread than its first words: asked of the AI model that gave the first answer. Best effort. */
import { limits } from '@piper/shared/limits';
import { PiperError } from '@piper/shared/errors';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvents } from '#platform/events/append';
import type { RunHandle, RunKind } from '#platform/runs/kind';
import { changesBetween, listContext, lockThread, threadEvents, toThread, updateThread } from '#features/threads';
import { findActingRole } from './assistants.repo.ts';
import { localModel } from './local/local-model.ts';
import type { TurnInput } from './turn-input.ts';

export interface TitleInput {
  userId: string;
  projectId: string;
  threadId: string;
  messageId: string;
  aiModel: string;
}

export const titleKind: RunKind<TitleInput, { title: string | null }> = {
  name: 'thread-title',
  executes: 'queue',
  afterCrash: 'resume',
  concurrency: 4,
  execute: executeTitle,
};

/** Only an early answer names the thread, and only while its title was made from the text. */
const lastMessage = 4;
const charactersOfEach = 1_500;
const patienceMs = 30_000;
const longestTitle = 80;
/** Of an answer that goes on and on, this much is read: also of one from a server that means harm. */
const longestAnswer = 4_000;

/** Starts the title's run in the transaction that ends the answer, if the thread still wants one. */
export async function startTitle(tx: TxCtx, run: RunHandle<TurnInput>): Promise<void> {
  const { userId, projectId, threadId, messageId, aiModel } = run.input;
  if (aiModel === localModel) return;
  const thread = await lockThread(tx.db, threadId);
  if (thread?.title_by !== 'text' || thread.seq > lastMessage) return;
  const input: TitleInput = { userId, projectId, threadId, messageId, aiModel };
  await tx.deps.runs.start(tx, {
    kind: 'thread-title',
    input: { ...input },
    projectId,
    threadId,
    createdBy: userId,
    cause: `run:${run.id}`,
  });
}

async function executeTitle(run: RunHandle<TitleInput>): Promise<{ title: string | null }> {
  const { userId, threadId } = run.input;
  const role = await findActingRole(run.ctx.db, userId);
  if (!role) return { title: null };
  const ctx: Ctx = { ...run.ctx, actor: { kind: 'assistant', userId, role, runId: run.id } };
  const title = await askForTitle(ctx, run);
  return { title: title !== null && (await setTitle(ctx, threadId, title)) ? title : null };
}

async function askForTitle(ctx: Ctx, { input, signal }: RunHandle<TitleInput>): Promise<string | null> {
  const exchange = (await listContext(ctx.db, input.messageId, { messages: 2, characters: limits.messageText * 2 })).toReversed();
  const text = exchange.map((row) => `${row.role}: ${row.text.slice(0, charactersOfEach).toWellFormed()}`).join('\n\n');
  const request = `Name this conversation in at most six words, in its own language. Answer with the name only: no quotes, no full stop.\n\n${text}`;
  let answer = '';
  try {
    const stream = ctx.deps.llm.stream(ctx, {
      aiModel: input.aiModel,
      messages: [{ role: 'user', content: [{ type: 'text', text: request }] }],
      maxTokens: 200,
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
      projectId: input.projectId,
      threadId: input.threadId,
    });
    for await (const part of stream) {
      if (part.type === 'text-delta') answer += part.text.slice(0, longestAnswer);
      if (answer.length > longestAnswer) break;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    ctx.log.info(
      { code: error instanceof PiperError ? error.code : 'timeout', thread: input.threadId },
      'a thread keeps its first words as title',
    );
    return null;
  }
  return cleanTitle(answer);
}

/** The first line without the decoration AI models put around it; null when nothing is left. */
export function cleanTitle(answer: string): string | null {
  const line = answer.split('\n').find((each) => /[\p{L}\p{N}]/u.test(each)) ?? '';
  // Bounded, since to find the decoration at the end takes the square of its length.
  const bare = line
    .slice(0, longestTitle * 10)
    .replaceAll('\0', '')
    .replace(/^[\s"'“”„«»*#`]+|[\s"'“”„«»*`.]+$/gu, '')
    .replace(/\s+/gu, ' ')
    .toWellFormed();
  return bare === '' ? null : Array.from(bare).slice(0, longestTitle).join('');
}

/** A person's title is never overwritten, also when they gave it while the AI model was thinking. */
async function setTitle(ctx: Ctx, threadId: string, title: string): Promise<boolean> {
  return inTx(ctx, async (tx) => {
    const before = await lockThread(tx.db, threadId);
    if (before?.title_by !== 'text') return false;
    const after = await updateThread(tx.db, threadId, { title, title_by: 'assistant' });
    if (after) await appendEvents(tx, threadEvents(before, 'thread.updated', changesBetween(toThread(before), toThread(after))));
    return after !== undefined;
  });
}
