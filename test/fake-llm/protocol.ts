/** What a wire protocol has to say: each adapter turns the same steps into its own frames. */
import type { FakeUsage, FinishKind, RefusalKind } from './script.ts';

/** One request as the server understood it. */
export interface Call {
  model: string;
  stream: boolean;
  body: Record<string, unknown>;
  /** The text of the user's last message. */
  lastUserText: string;
}

export interface Encoder {
  begin(): string;
  text(text: string): string;
  reasoning(text: string): string;
  tool(tool: { id: string; name: string; input: unknown }): string;
  error(kind: RefusalKind): string;
  finish(reason: FinishKind, usage: FakeUsage | undefined): string;
}

/** The collected result of a call that does not stream. */
export interface Collected {
  text: string;
  reasoning: string;
  tools: { id: string; name: string; input: unknown }[];
  reason: FinishKind;
  usage: FakeUsage | undefined;
}

export interface Protocol {
  name: 'openai-chat' | 'openai-responses' | 'openrouter' | 'anthropic' | 'google';
  encoder(call: Call): Encoder;
  whole(call: Call, result: Collected): object;
  refusal(kind: RefusalKind): { status: number; body: object };
  models(ids: readonly string[]): object;
}

/** A server-sent event. */
export const sse = (data: unknown, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/** The input of a tool call in pieces, as it is streamed. */
export function pieces(text: string, size = 8): string[] {
  const result: string[] = [];
  for (let i = 0; i < text.length; i += size) result.push(text.slice(i, i + size));
  return result;
}
