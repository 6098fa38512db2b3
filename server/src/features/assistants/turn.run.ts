/**
 * The run that writes an answer. Its states:
 * - First attempt: asks the provider and streams what comes.
 * - Cut by cancel: keeps what came. Cut by shutdown or a lost lease: leaves everything to the next attempt.
 * - A later attempt answers again in the same message: when the provider's first part arrives, `reset` starts over. When the
 *   provider fails before that, or tools have had effects that must not be repeated, the answer ends as `interrupted` with
 *   the text that was shown.
 * - The message ends in one transaction that the current attempt alone can make; then `finish` closes the stream. An attempt
 *   that finds the message ended only closes what is left open.
 */
import { fail, PiperError, type ErrorCode } from '@piper/shared/errors';
import { emptyTurn, foldPart, textOf, type TurnState } from '@piper/shared/stream/fold';
import type { FinishReason, StreamPart, Usage } from '@piper/shared/stream/parts';
import type { TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import type { EndedRun, RunCut, RunHandle, RunKind } from '#platform/runs/kind';
import type { PartWriter } from '#platform/runs/parts';
import { toPiperError } from '#platform/http/errors';
import { findMessage, finishMessage, type MessageOutcome, type MessageRow } from '#features/threads';
import { findActingRole, holdsRun, listStoredParts } from './assistants.repo.ts';
import { askWithHistory } from './turn-ask.ts';
import { costOf } from './turn-cost.ts';
import type { Spent } from './turn-answer.ts';
import type { TurnInput } from './turn-input.ts';
import { startTitle } from './title.run.ts';
import { openRecorder, type Recorder } from './turn-recorder.ts';
import { findTools } from './tools.ts';

export interface TurnOutput {
  finish: FinishReason;
  usage: Usage | null;
}

export const turnKind: RunKind<TurnInput, TurnOutput> = {
  name: 'turn',
  executes: 'inline',
  afterCrash: 'resume',
  execute: executeTurn,
  onEnd: endUnfinished,
  firstFrame: ({ id, input }) => ({
    runId: id,
    threadId: input.threadId,
    userMessageId: input.userMessageId,
    messageId: input.messageId,
  }),
};

type TurnRun = RunHandle<TurnInput>;

interface Conclusion {
  reason: FinishReason;
  error?: PiperError;
}

const interrupted = (cause?: PiperError): Conclusion => ({
  reason: 'interrupted',
  error: new PiperError('run_interrupted', {
    message: `This answer was interrupted${cause ? `, and could not be written again: ${cause.message}` : ' and can be continued.'}`,
  }),
});

async function executeTurn(given: TurnRun): Promise<TurnOutput> {
  const { ctx, input } = given;
  const opening = ctx.deps.parts.writer(given.id);
  try {
    const [run, writer, earlier, kept] = await Promise.all([
      actingForAsker(given),
      opening,
      given.attempt > 1 ? listStoredParts(ctx.db, given.id) : [],
      input.continues === undefined ? undefined : findMessage(ctx.db, input.threadId, input.continues),
    ]);
    const ended = given.attempt > 1 ? await findEnded(run) : undefined;
    if (ended) return closeStream(writer, earlier, ended);
    const recorder = openRecorder({ writer, earlier, prefix: kept?.text });
    const spent: Spent = { usage: null };
    const conclusion = await converse(run, { recorder, spent, earlier, prefix: kept?.text });
    return await conclude(run, { writer, recorder, spent, conclusion });
  } finally {
    await opening
      .then((writer) => writer.close())
      .catch((err: unknown) => ctx.log.warn({ err, run: given.id }, 'the end of a stream could not be stored'));
  }
}

/** The assistant acts with the rights of who asked, as they are now. */
async function actingForAsker(run: TurnRun): Promise<TurnRun> {
  const { userId } = run.input;
  const role = (await findActingRole(run.ctx.db, userId)) ?? fail('forbidden', 'The account that asked may no longer act.');
  return { ...run, ctx: { ...run.ctx, actor: { kind: 'assistant', userId, role, runId: run.id } } };
}

interface Conversation {
  recorder: Recorder;
  spent: Spent;
  earlier: readonly StreamPart[];
  prefix: string | undefined;
}

/** Talks to the provider to whatever end; throws only what must end the attempt without a word. */
async function converse(run: TurnRun, { recorder, spent, earlier, prefix }: Conversation): Promise<Conclusion> {
  if (hadEffects(run, earlier)) return interrupted();
  try {
    return { reason: await askWithHistory({ run, recorder, spent, prefix }) };
  } catch (thrown) {
    const cut = run.signal.aborted ? (run.signal.reason as RunCut) : undefined;
    if (cut === 'cancelled') return { reason: 'cancelled' };
    if (cut !== undefined) throw thrown;
    const error = toPiperError(thrown);
    if (error.code === 'internal') run.ctx.log.error({ err: thrown, run: run.id }, 'a turn failed');
    const shown = earlier.reduce(foldPart, emptyTurn);
    return !recorder.hasAnswered() && shown.parts.length > 0 ? interrupted(error) : { reason: 'error', error };
  }
}

/** Whether an earlier attempt called tools whose effects a repetition could double. */
function hadEffects(run: TurnRun, earlier: readonly StreamPart[]): boolean {
  const called = earlier.flatMap((part) => (part.type === 'tool-call' ? [part.name] : []));
  return findTools(run.ctx.deps, called).some((tool) => tool.effect !== 'pure');
}

interface Ending {
  writer: PartWriter;
  recorder: Recorder;
  spent: Spent;
  conclusion: Conclusion;
}

async function conclude(run: TurnRun, { writer, recorder, spent, conclusion }: Ending): Promise<TurnOutput> {
  const { reason, error } = conclusion;
  if (error) recorder.push({ type: 'error', code: error.code, message: error.message });
  const cost = await costOf(run.ctx, run.input.aiModel, spent.usage);
  await writer.flush();
  const outcome = outcomeOf(recorder.state(), { reason, usage: spent.usage, cost });
  await inTx(run.ctx, async (tx) => {
    if (!(await holdsRun(tx.db, run))) throw new Error(`run ${run.id} is no longer executed here`);
    const { threadId, projectId, messageId } = run.input;
    const ended = await finishMessage(tx, { id: messageId, threadId, projectId, outcome, cause: `run:${run.id}` });
    if (ended && (reason === 'stop' || reason === 'length')) await startTitle(tx, run);
  });
  recorder.push({ type: 'finish', reason, usage: spent.usage });
  if (error) throw error;
  return { finish: reason, usage: spent.usage };
}

const statusOf: Record<FinishReason, MessageOutcome['status']> = {
  stop: 'done',
  length: 'done',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  error: 'failed',
};

/** jsonb takes neither NUL nor halves of surrogate pairs, which a cut can leave behind. */
const storable = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (_key, each: unknown) => (typeof each === 'string' ? each.replaceAll('\0', '').toWellFormed() : each)),
  ) as T;

function outcomeOf(state: TurnState, end: { reason: FinishReason; usage: Usage | null; cost: number | null }): MessageOutcome {
  const parts = storable(state.parts);
  return {
    status: statusOf[end.reason],
    finishReason: end.reason,
    parts,
    text: textOf(parts),
    error: state.error,
    usage: end.usage,
    cost: end.cost,
  };
}

async function findEnded(run: TurnRun): Promise<MessageRow | undefined> {
  const message = await findMessage(run.ctx.db, run.input.threadId, run.input.messageId);
  // A thread that was cleaned away takes its messages with it.
  if (!message) fail('thread_gone');
  return message.status === 'streaming' ? undefined : message;
}

/** An earlier attempt ended the message and died before it closed the stream. */
function closeStream(writer: PartWriter, earlier: readonly StreamPart[], message: MessageRow): TurnOutput {
  const finish = message.finish_reason ?? 'stop';
  if (earlier.at(-1)?.type !== 'finish') writer.push({ type: 'finish', reason: finish, usage: message.usage });
  if (message.error) throw new PiperError(message.error.code as ErrorCode, { message: message.error.message });
  return { finish, usage: message.usage };
}

/** A run that ended elsewhere than in `execute` (before it began, given up, its process gone): its message keeps what was streamed. */
async function endUnfinished(ctx: TxCtx, run: EndedRun<TurnInput>): Promise<void> {
  const reason: FinishReason = run.status === 'failed' ? 'error' : run.status;
  const state = (await listStoredParts(ctx.db, run.id)).reduce(foldPart, emptyTurn);
  const outcome = outcomeOf(
    { ...state, error: state.error ?? run.error ?? null },
    { reason, usage: state.finish?.usage ?? null, cost: null },
  );
  const { threadId, projectId, messageId, userId } = run.input;
  const acting: TxCtx = { ...ctx, actor: { kind: 'assistant', userId, role: 'MEMBER', runId: run.id } };
  await finishMessage(acting, { id: messageId, threadId, projectId, outcome, cause: `run:${run.id}` });
}
