/** What the fake provider does with one request: a list of steps, independent of the protocol it is told in. */

export type Step =
  | { do: 'text'; text: string }
  | { do: 'reasoning'; text: string }
  | { do: 'tool'; id: string; name: string; input: unknown }
  | { do: 'wait'; ms: number }
  /** Bytes put on the wire as they are: broken JSON, comments, unknown events. */
  | { do: 'raw'; data: string }
  /** An error object in the stream, after which it ends, in the form of the protocol. */
  | { do: 'error'; kind: RefusalKind }
  /** The connection is destroyed without an end. */
  | { do: 'drop' }
  /** The reply ends properly, but without the protocol's finish. */
  | { do: 'end' }
  /** Nothing more comes until the client goes away. */
  | { do: 'hang' }
  | { do: 'finish'; reason: FinishKind; usage?: FakeUsage };

export type FinishKind = 'stop' | 'length' | 'tool' | 'filter';
export type RefusalKind = 'auth' | 'quota' | 'rate' | 'context' | 'bad' | 'server' | 'overloaded' | 'unknown-model' | 'content';

export interface FakeUsage {
  input: number;
  output: number;
  cached?: number;
  reasoning?: number;
}

export interface Script {
  /** Answered instead of a stream. */
  refusal?: { kind: RefusalKind; status?: number; headers?: Record<string, string>; body?: string };
  /** Before the status line. */
  delayMs?: number;
  /** The connection is closed (`reset`) or left open for ever (`silent`) without any answer. */
  connection?: 'reset' | 'silent';
  /** Writes the body in TCP chunks of this many bytes, so characters are cut. */
  splitBytes?: number;
  steps?: Step[];
}

export interface AnswerOptions {
  delayMs?: number;
  reasoning?: string;
  tools?: { id: string; name: string; input: unknown }[];
  finish?: FinishKind;
  usage?: FakeUsage | null;
  splitBytes?: number;
}

/** A whole answer: `text` word by word (or the given tokens), then tool calls, finish and usage. */
export function answer(text: string | readonly string[], options: AnswerOptions = {}): Script {
  const { delayMs, reasoning = '', tools, splitBytes } = options;
  const tokens = typeof text === 'string' ? tokensOf(text) : [...text];
  const told: Step[] = [
    ...tokensOf(reasoning).map((token): Step => ({ do: 'reasoning', text: token })),
    ...tokens.map((token): Step => ({ do: 'text', text: token })),
    ...(tools ?? []).map((tool): Step => ({ do: 'tool', ...tool })),
  ];
  const usage = options.usage === undefined ? { input: 12, output: tokens.length } : options.usage;
  const reason = options.finish ?? (tools ? 'tool' : 'stop');
  const steps = delayMs ? told.flatMap((step): Step[] => [{ do: 'wait', ms: delayMs }, step]) : told;
  return { steps: [...steps, { do: 'finish', reason, ...(usage && { usage }) }], ...(splitBytes && { splitBytes }) };
}

/** A few tokens, and then `last` happens. */
export function cutShort(text: string, last: Step, options: { splitBytes?: number } = {}): Script {
  return { ...options, steps: [...tokensOf(text).map((token): Step => ({ do: 'text', text: token })), last] };
}

export const refuse = (kind: RefusalKind, options: Omit<NonNullable<Script['refusal']>, 'kind'> = {}): Script => ({
  refusal: { kind, ...options },
});

/** Words with the space before them, as models make them. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? [];
}
