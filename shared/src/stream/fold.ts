/**
 * Folds the parts of a turn into what its message shows. The server folds what it sends and the browser folds what it
 * receives, with this one function, so the stored message equals what was seen.
 */
import type { FinishReason, MessagePart, StreamPart, Usage } from './parts.ts';

export interface TurnState {
  parts: MessagePart[];
  error: { code: string; message: string } | null;
  finish: { reason: FinishReason; usage: Usage | null } | null;
}

export const emptyTurn: TurnState = { parts: [], error: null, finish: null };

/** The state after `part`; pure. A `reset` (a new attempt of the same run) starts over; nothing follows a `finish`. */
export function foldPart(state: TurnState, part: StreamPart): TurnState {
  if (state.finish) return state;
  switch (part.type) {
    case 'text-delta':
      return { ...state, parts: appendText(state.parts, 'text', part.id, part.text) };
    case 'reasoning-delta':
      return { ...state, parts: appendText(state.parts, 'reasoning', part.id, part.text) };
    case 'tool-call':
      return { ...state, parts: [...state.parts, { type: 'tool', id: part.id, name: part.name, input: part.input }] };
    case 'tool-result':
      return { ...state, parts: state.parts.map((p) => (p.type === 'tool' && p.id === part.id ? withResult(p, part) : p)) };
    case 'source':
      return { ...state, parts: [...state.parts, part] };
    case 'reset':
      return emptyTurn;
    case 'error':
      return { ...state, error: { code: part.code, message: part.message } };
    case 'finish':
      return { ...state, finish: { reason: part.reason, usage: part.usage } };
  }
}

type ToolPart = Extract<MessagePart, { type: 'tool' }>;

function withResult(tool: ToolPart, result: Extract<StreamPart, { type: 'tool-result' }>): ToolPart {
  return result.error === undefined ? { ...tool, output: result.output } : { ...tool, error: result.error };
}

/** Text of one id may be interleaved with other parts; it stays where it began. */
function appendText(parts: MessagePart[], type: 'text' | 'reasoning', id: string, text: string): MessagePart[] {
  const index = parts.findLastIndex((p) => p.type === type && p.id === id);
  const found = parts[index];
  if (!found || (found.type !== 'text' && found.type !== 'reasoning')) return [...parts, { type, id, text }];
  return parts.with(index, { ...found, text: found.text + text });
}

/** The plain text of a message: what search and previews use. */
export function textOf(parts: readonly MessagePart[]): string {
  return parts.flatMap((p) => (p.type === 'text' ? [p.text] : [])).join('\n\n');
}
