/** The parts of an assistant's turn, as they are streamed and stored, and nothing else: see fold.ts for the pure reducer. */
export type FinishReason = 'stop' | 'length' | 'cancelled' | 'interrupted' | 'error';

export interface Usage {
  inputTokens: number | null;
  outputTokens: number | null;
  cachedInputTokens?: number | null;
  reasoningTokens?: number | null;
}

/** What an answer rests on. */
export interface SourcePart {
  type: 'source';
  id: string;
  title: string;
  url?: string;
  fileId?: string;
  messageId?: string;
  promptId?: string;
  snippet?: string;
}

export type StreamPart =
  | { type: 'text-delta'; id: string; text: string }
  | { type: 'reasoning-delta'; id: string; text: string }
  | { type: 'tool-call'; id: string; name: string; input: unknown }
  | { type: 'tool-result'; id: string; output?: unknown; error?: string }
  | SourcePart
  | { type: 'reset' }
  | { type: 'error'; code: string; message: string }
  | { type: 'finish'; reason: FinishReason; usage: Usage | null };

/** What a message keeps: the deltas of one id folded into one part. */
export type MessagePart =
  | { type: 'text'; id: string; text: string }
  | { type: 'reasoning'; id: string; text: string }
  | { type: 'tool'; id: string; name: string; input: unknown; output?: unknown; error?: string }
  | SourcePart;

/** The first frame of a turn's stream, before its parts. */
export interface TurnFrame {
  runId: string;
  threadId: string;
  userMessageId: string;
  messageId: string;
}
