/**
 * What a turn has said so far: each part goes to the stream and, folded with the same function the browser uses, into the
 * message. A later attempt keeps what earlier ones showed until its own first part arrives; only then it starts over.
 */
import { emptyTurn, foldPart, type TurnState } from '@piper/shared/stream/fold';
import type { StreamPart } from '@piper/shared/stream/parts';
import type { PartWriter } from '#platform/runs/parts';

export interface Recorder {
  push(part: StreamPart): void;
  state(): TurnState;
  /** Whether the provider has said anything in this attempt. */
  hasAnswered(): boolean;
}

export interface RecorderInput {
  writer: PartWriter;
  /** What earlier attempts of the run have streamed. */
  earlier: readonly StreamPart[];
  /** The text of the answer this one continues; it is said first, in every attempt. */
  prefix: string | undefined;
}

export function openRecorder({ writer, earlier, prefix }: RecorderInput): Recorder {
  let state = earlier.reduce(foldPart, emptyTurn);
  let begun = false;
  let answered = false;
  const record = (part: StreamPart): void => {
    state = foldPart(state, part);
    writer.push(part);
  };
  const begin = (): void => {
    begun = true;
    if (earlier.length > 0) record({ type: 'reset' });
    if (prefix !== undefined && prefix !== '') record({ type: 'text-delta', id: prefixId, text: prefix });
  };
  // Nobody has to wait for the provider to read again what is known.
  if (earlier.length === 0 && prefix !== undefined) begin();
  return {
    push(part) {
      const isEnding = part.type === 'error' || part.type === 'finish';
      if (!isEnding) answered = true;
      // An attempt that ends before the provider said anything leaves what was shown.
      if (!begun && !isEnding) begin();
      record(withoutNul(part));
    },
    state: () => state,
    hasAnswered: () => answered,
  };
}

/** The kept text and its continuation are one text: the AI model goes on in the middle of a word if need be. */
export const prefixId = '0';

/** PostgreSQL can't store NUL, and what is stored must equal what was seen. */
function withoutNul(part: StreamPart): StreamPart {
  return 'text' in part && part.text.includes('\0') ? { ...part, text: part.text.replaceAll('\0', '') } : part;
}
