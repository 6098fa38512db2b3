/** What an answer cost, where the price is known. Never a guess. */
import type { Usage } from '@piper/shared/stream/parts';
import type { Ctx } from '#platform/ctx';
import type { AiModel } from '#platform/llm/provider';

/** How long the end of an answer waits for a price list that must be fetched first. */
const patienceMs = 2_000;

/** US dollars; null when the price or the usage is unknown. Never throws. */
export async function costOf(ctx: Ctx, aiModel: string, usage: Usage | null): Promise<number | null> {
  const { inputTokens, outputTokens } = usage ?? {};
  if (inputTokens == null || outputTokens == null) return null;
  const price = (await describeWithin(ctx, aiModel, patienceMs))?.price;
  // Prices are millionths of a dollar per token.
  return price ? (inputTokens * price.input + outputTokens * price.output) / 1e6 : null;
}

/** What is known of an AI model within this time; the question goes on in the background and warms the cache. */
export async function describeWithin(ctx: Ctx, aiModel: string, ms: number): Promise<AiModel | null> {
  const asked = ctx.deps.llm.describeModel(ctx, aiModel).catch(() => null);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
