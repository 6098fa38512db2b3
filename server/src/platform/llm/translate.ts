/** The SDK's stream parts as ours. What the turn has no use for (starts, ends, metadata, pings) disappears. */
import { randomBytes } from 'node:crypto';
import type { LanguageModelV4 } from '@openrouter/ai-sdk-provider';
import { PiperError } from '@piper/shared/errors';
import type { Usage } from '@piper/shared/stream/parts';
import { OutboundError } from '../http/outbound.ts';
import { SaidInStream } from './said.ts';
import type { ProviderPart } from './provider.ts';

type SdkStream = Awaited<ReturnType<LanguageModelV4['doStream']>>['stream'];
export type SdkPart = SdkStream extends ReadableStream<infer P> ? P : never;
type SdkFinish = Extract<SdkPart, { type: 'finish' }>;

/**
 * A translator for one call. Ids of texts are made unique, since providers begin at the same one in each call and a turn has
 * several calls. It throws for error parts and for a stream that ended without its end.
 */
export function translator(label: string): (part: SdkPart) => ProviderPart | undefined {
  const call = randomBytes(4).toString('hex');
  return (part) => {
    switch (part.type) {
      case 'text-delta':
        return part.delta === '' ? undefined : { type: 'text-delta', id: `${call}-${part.id}`, text: part.delta };
      case 'reasoning-delta':
        return part.delta === '' ? undefined : { type: 'reasoning-delta', id: `${call}-${part.id}`, text: part.delta };
      case 'tool-call':
        return { type: 'tool-call', id: part.toolCallId, name: part.toolName, input: toolInput(part.input) };
      case 'source':
        return part.sourceType === 'url'
          ? { type: 'source', id: `${call}-${part.id}`, title: part.title ?? part.url, url: part.url }
          : undefined;
      case 'error':
        throw endedEarly(part.error) ? new OutboundError('dropped', part.error) : new SaidInStream(part.error);
      case 'finish':
        return finishOf(part, label);
      default:
        return undefined;
    }
  };
}

/** How the SDK's chat completions say that the finish never came. */
const endedEarly = (error: unknown): boolean => error instanceof Error && /ended without a finish reason/.test(error.message);

/** Input that is no JSON is passed on as it is: the tool's schema refuses it, and the model may correct itself. */
function toolInput(input: string): unknown {
  if (input.trim() === '') return {};
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

function finishOf({ finishReason, usage }: SdkFinish, label: string): ProviderPart {
  const { unified, raw } = finishReason;
  if (unified === 'content-filter') {
    throw new PiperError('provider_content_refused', {
      message: `${label} stopped the answer because of its content rules. Change the message and try again.`,
    });
  }
  if (unified === 'error' || unified === 'interrupted' || (unified === 'other' && raw === undefined))
    throw new OutboundError('dropped');
  return { type: 'finish', reason: unified, usage: usageOf(usage) };
}

function usageOf(usage: SdkFinish['usage']): Usage | null {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens.total === undefined && outputTokens.total === undefined) return null;
  return {
    inputTokens: inputTokens.total ?? null,
    outputTokens: outputTokens.total ?? null,
    cachedInputTokens: inputTokens.cacheRead ?? null,
    reasoningTokens: outputTokens.reasoning ?? null,
  };
}
