/** Asks with as much of the branch as the AI model takes; asks again with less when the provider says it was too much. */
import { PiperError } from '@piper/shared/errors';
import type { FinishReason } from '@piper/shared/stream/parts';
import { describeWithin } from './turn-cost.ts';
import { buildContext, historyBudget } from './turn-context.ts';
import { streamAnswer, type AnswerInput } from './turn-answer.ts';

/** Long enough to find a description in the cache; nobody waits for a list of models before the first word. */
const cacheMs = 1;
/** Files need to know what the AI model can read. */
const filesMs = 3_000;
const leastCharacters = 2_000;

export interface AskInput extends Omit<AnswerInput, 'messages'> {
  prefix: string | undefined;
}

export async function askWithHistory(ask: AskInput): Promise<FinishReason> {
  const { ctx, input: turn } = ask.run;
  const described = await describeWithin(ctx, turn.aiModel, cacheMs);
  for (let characters = historyBudget(described); ; characters = Math.floor(characters / 3)) {
    const capabilities = async () => (described ?? (await describeWithin(ctx, turn.aiModel, filesMs)))?.capabilities ?? null;
    const messages = await buildContext(ctx, { turn, characters, capabilities, prefix: ask.prefix });
    try {
      return await streamAnswer({ ...ask, messages });
    } catch (error) {
      const isTooLong = error instanceof PiperError && error.code === 'provider_context_too_long';
      if (!isTooLong || ask.recorder.hasAnswered() || characters < leastCharacters) throw error;
    }
  }
}
