/** Everything that makes the assistant answer: send, edit, ask again, go on. Each shows its effect at once. */
import type { TurnFrame } from '@piper/shared/stream/parts';
import { messageOf } from '../../platform/api-error.ts';
import { request } from '../../platform/http.ts';
import { queryClient } from '../../platform/cache.ts';
import { randomId } from '../../platform/ids.ts';
import { showToast } from '../../ui/toast.tsx';
import { changeBranch, refreshBranch, seedBranch, type Branch, type ChatMessage } from './thread-queries.ts';
import { onTurnFinished, startTurn, turnOf } from './turns.ts';

export interface Choice {
  promptId: string | undefined;
  aiModel: string | undefined;
  variables: Record<string, unknown>;
}

interface Target extends Choice {
  projectId: string;
  threadId: string | undefined;
}

interface NewMessage {
  text: string;
  files: { id: string; name: string; size: number }[];
  /** Left out: after the end of the branch that is shown. Null: a new start of the thread. */
  parentId?: string | null;
  /** The message this one replaces, for a failed sending to be tried again. */
  clientId?: string;
}

const choiceBody = ({ promptId, aiModel, variables }: Choice): Record<string, unknown> => ({
  ...(promptId ? { promptId } : {}),
  ...(aiModel ? { aiModel } : {}),
  ...(Object.keys(variables).length > 0 ? { variables } : {}),
});

/** Sends a message. Resolves with the thread it stands in once the server has it; throws when it was refused. */
export async function sendMessage(target: Target, message: NewMessage): Promise<TurnFrame> {
  const body = {
    projectId: target.projectId,
    ...(target.threadId ? { threadId: target.threadId } : {}),
    ...(message.parentId === undefined ? {} : { parentId: message.parentId }),
    ...choiceBody(target),
    text: message.text,
    ...(message.files.length > 0 ? { fileIds: message.files.map(({ id }) => id) } : {}),
    clientId: message.clientId ?? randomId(),
  };
  const frame = await startTurn('/api/chat', body);
  const question = draftMessage(frame, {
    id: frame.userMessageId,
    role: 'user',
    parentId: message.parentId ?? null,
    parts: [{ type: 'text', id: '0', text: message.text }],
  });
  const files = message.files.map((file) => ({ ...file, mediaType: 'application/octet-stream' }));
  showTurn(frame, { ...question, files }, message.parentId);
  return frame;
}

/** Asks for another answer to the same question, as an alternative beside the old one. */
export async function regenerate(target: Target & { threadId: string }, messageId: string): Promise<void> {
  const frame = await startTurn('/api/chat', {
    projectId: target.projectId,
    threadId: target.threadId,
    ...choiceBody(target),
    regenerate: messageId,
    clientId: randomId(),
  });
  showInstead(frame, messageId);
}

/** Goes on with an answer that ended early. */
export async function continueAnswer(messageId: string): Promise<void> {
  const frame = await startTurn(`/api/messages/${messageId}/continue`, { clientId: randomId() });
  showInstead(frame, messageId);
}

export async function stopTurn(runId: string): Promise<void> {
  try {
    await request('POST', `/api/runs/${runId}/cancel`, { body: {} });
  } catch (error) {
    showToast(messageOf(error), { tone: 'danger' });
  }
}

function draftMessage(frame: TurnFrame, values: Pick<ChatMessage, 'id' | 'role' | 'parentId' | 'parts'>): ChatMessage {
  const now = new Date().toISOString();
  return {
    threadId: frame.threadId,
    seq: 0,
    authorId: null,
    status: values.role === 'assistant' ? 'streaming' : 'done',
    error: null,
    runId: frame.runId,
    clientId: null,
    promptVersionId: null,
    variables: null,
    aiModel: null,
    parameters: null,
    usage: null,
    cost: null,
    finishReason: null,
    files: [],
    createdAt: now,
    updatedAt: now,
    version: 1,
    siblings: { ids: [values.id], position: 0 },
    ...values,
  };
}

const answerOf = (frame: TurnFrame): ChatMessage =>
  draftMessage(frame, { id: frame.messageId, role: 'assistant', parentId: frame.userMessageId, parts: [] });

/** Puts question and answer at their place: at the end, or after the parent they branch off from. */
function showTurn(frame: TurnFrame, question: ChatMessage, parentId: string | null | undefined): void {
  const empty: Branch = { messages: [], before: null, leafId: null };
  const place = (branch: Branch): Branch => {
    const kept = branch.messages.filter(({ id }) => id !== question.id && id !== frame.messageId);
    const at = parentId === undefined ? kept.length : parentId === null ? 0 : kept.findIndex(({ id }) => id === parentId) + 1;
    return { ...branch, messages: [...kept.slice(0, at), question, answerOf(frame)], leafId: frame.messageId };
  };
  if (queryClient.getQueryData(['messages', frame.threadId])) changeBranch(frame.threadId, place);
  else seedBranch(frame.threadId, place(empty));
  afterStart(frame);
}

/** A new alternative takes the place of the answer it stands beside. */
function showInstead(frame: TurnFrame, messageId: string): void {
  changeBranch(frame.threadId, (branch) => {
    const at = branch.messages.findIndex(({ id }) => id === messageId);
    const old = branch.messages[at];
    if (!old) return branch;
    const ids = [...old.siblings.ids, frame.messageId];
    const answer = { ...answerOf(frame), parentId: old.parentId, siblings: { ids, position: ids.length - 1 } };
    return { ...branch, messages: [...branch.messages.slice(0, at), answer], leafId: frame.messageId };
  });
  afterStart(frame);
}

function afterStart(frame: TurnFrame): void {
  // Positions among siblings and the stored question come from the server.
  void refreshBranch(frame.threadId);
  void queryClient.invalidateQueries({ queryKey: ['threads'] });
  void queryClient.invalidateQueries({ queryKey: ['runs'] });
}

/** The stored message replaces the folded stream; a title may have been made by then. */
onTurnFinished(({ threadId }) => {
  void refreshBranch(threadId);
  void queryClient.invalidateQueries({ queryKey: ['threads'] });
  void queryClient.invalidateQueries({ queryKey: ['runs'] });
});

/** Whether an answer is on its way: as this page reads it, else as the thread says. */
export function isWriting(message: ChatMessage): boolean {
  const turn = turnOf(message.id);
  return turn && turn.runId === message.runId ? turn.state.finish === null : message.status === 'streaming';
}
