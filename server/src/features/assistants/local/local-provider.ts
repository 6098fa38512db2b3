/** The provider that is there without any key: honest retrieval over what the asking user may see in the project. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { userIdOf } from '#platform/actor';
import type { AiModel, ChatMessage, ChatRequest, Provider, ProviderPart } from '#platform/llm/provider';
import { answerFrom, type LocalAnswer } from './local-answer.ts';
import { localModel } from './local-model.ts';
import { countProject, searchProject } from './search.repo.ts';
import { searchTerms } from './search-terms.ts';

const aiModel: AiModel = {
  id: localModel,
  name: 'Piper search (no AI)',
  provider: 'local',
  contextTokens: null,
  price: { input: 0, output: 0 },
  capabilities: { tools: false, images: false, files: false, reasoning: false },
};

export const localProvider: Provider = {
  name: 'local',
  label: 'Built in',
  needsKey: false,
  defaultBaseUrl: undefined,
  preferred: ['piper'],
  stream: streamLocalAnswer,
  listModels: async () => [aiModel],
};

async function* streamLocalAnswer(request: ChatRequest): AsyncIterable<ProviderPart> {
  const { text, sources } = await findAnswer(request);
  yield* sources;
  // A few words at a time, so that whoever stops or watches it meets a stream like any other.
  for (const piece of text.match(/(?:\S+\s*){1,6}|\s+/gu) ?? []) {
    request.signal.throwIfAborted();
    yield { type: 'text-delta', id: '0', text: piece };
    await nextTurn();
  }
  yield { type: 'finish', reason: 'stop', usage: null };
}

async function findAnswer({ messages, scope, signal }: ChatRequest): Promise<LocalAnswer> {
  const userId = scope && userIdOf(scope.ctx.actor);
  const terms = searchTerms(questionOf(messages));
  if (!scope?.projectId || userId === undefined) return answerFrom([], terms, { files: 0, prompts: 0 });
  const where = { userId, projectId: scope.projectId, exceptThreadId: scope.threadId };
  const found = await searchProject(scope.ctx.db, where, terms);
  signal.throwIfAborted();
  return answerFrom(found, terms, found.length > 0 ? { files: 1, prompts: 1 } : await countProject(scope.ctx.db, where));
}

/** What was said last, without attached files. */
function questionOf(messages: readonly ChatMessage[]): string {
  const last = messages.findLast((message) => message.role === 'user');
  const first = last?.content[0];
  return first?.type === 'text' ? first.text : '';
}
