/**
 * The answers being written, as this page sees them. A turn belongs to its run on the server: the page only reads its
 * stream, folds it with the same function the server uses, and when the connection drops reads on after the last part it
 * has. Several components may show one turn; several tabs each read the stream for themselves.
 */
import { emptyTurn, foldPart, type TurnState } from '@piper/shared/stream/fold';
import type { StreamPart, TurnFrame } from '@piper/shared/stream/parts';
import { useSyncExternalStore } from 'react';
import { ApiError } from '../../platform/api-error.ts';
import { readEvents } from '../../platform/event-stream.ts';
import { send } from '../../platform/http.ts';

export interface Turn {
  runId: string;
  messageId: string;
  threadId: string;
  state: TurnState;
  /** The stream can't be read at the moment; it is tried again. */
  isStalled: boolean;
}

const turns = new Map<string, Turn>();
const listeners = new Map<string, Set<() => void>>();
const finished = new Set<(turn: Turn) => void>();
const waiting = new Set<string>();
let frame = 0;

/** Deltas of one frame of the screen are shown together. */
function publish(messageId: string): void {
  waiting.add(messageId);
  frame ||= requestAnimationFrame(flush);
}

function flush(): void {
  frame = 0;
  const ids = [...waiting];
  waiting.clear();
  for (const id of ids) for (const listener of listeners.get(id) ?? []) listener();
}
// A hidden tab has no frames; what arrived meanwhile is shown when it comes back.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && waiting.size > 0) flush();
});

export function useTurn(messageId: string): Turn | undefined {
  return useSyncExternalStore(
    (listener) => {
      const set = listeners.get(messageId) ?? new Set();
      listeners.set(messageId, set.add(listener));
      return () => {
        set.delete(listener);
      };
    },
    () => turns.get(messageId),
  );
}

/** Told once about every turn this page saw to its end. */
export function onTurnFinished(listener: (turn: Turn) => void): () => void {
  finished.add(listener);
  return () => finished.delete(listener);
}

export const turnOf = (messageId: string): Turn | undefined => turns.get(messageId);

function change(messageId: string, next: Partial<Turn>): void {
  const turn = turns.get(messageId);
  if (!turn) return;
  turns.set(messageId, { ...turn, ...next });
  publish(messageId);
}

interface Reading {
  /** Number of the last part taken in; the stream goes on after it. */
  last: number;
  turn: TurnFrame | undefined;
}

/**
 * Posts to a route that answers with a turn's stream and resolves with its first frame; the rest is read in the
 * background. A connection that breaks before is tried again: the request carries a clientId, so it is done only once.
 */
export async function startTurn(path: string, body: Record<string, unknown>): Promise<TurnFrame> {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await send('POST', path, { body, headers: { accept: 'text/event-stream' } });
      return await new Promise<TurnFrame>((resolve, reject) => {
        const reading: Reading = { last: -1, turn: undefined };
        void consume(response, reading, resolve).then(() => {
          if (reading.turn) void goOn(reading.turn, reading);
          else
            reject(
              new ApiError({ code: 'network', message: 'The connection broke before the answer began. Try again.', status: 0 }),
            );
        });
      });
    } catch (error) {
      const mayRepeat = error instanceof ApiError && (error.code === 'network' || error.status === 503) && attempt < 3;
      if (!mayRepeat) throw error;
      await pause(400 * 2 ** attempt);
    }
  }
}

/** Follows a run that was started elsewhere: before a reload, in another tab, by another person. */
export function watchTurn(messageId: string, runId: string, threadId: string): void {
  const known = turns.get(messageId);
  if (known && known.runId === runId) return;
  const turn: TurnFrame = { runId, threadId, messageId, userMessageId: '' };
  open(turn);
  void goOn(turn, { last: -1, turn });
}

function open({ runId, threadId, messageId }: TurnFrame): void {
  const known = turns.get(messageId);
  if (known?.runId === runId) return;
  turns.set(messageId, { runId, threadId, messageId, state: emptyTurn, isStalled: false });
  publish(messageId);
}

/** Reads one response to its end, or to its break; never throws. */
async function consume(response: Response, reading: Reading, onTurn?: (turn: TurnFrame) => void): Promise<void> {
  if (!response.body) return;
  try {
    for await (const { event, data, id } of readEvents(response.body)) {
      if (event === 'turn') {
        reading.turn ??= JSON.parse(data) as TurnFrame;
        open(reading.turn);
        onTurn?.(reading.turn);
      } else if (event === 'part' && reading.turn) {
        takePart(reading, Number(id), JSON.parse(data) as StreamPart);
      }
    }
  } catch {
    // Cut off; goOn() reads the rest.
  }
}

function takePart(reading: Reading, seq: number, part: StreamPart): void {
  const turn = reading.turn && turns.get(reading.turn.messageId);
  if (!turn || seq <= reading.last) return;
  reading.last = seq;
  change(turn.messageId, { state: foldPart(turn.state, part), isStalled: false });
}

/** Reads the run's stream again and again, each time after the last part, until it has finished. */
async function goOn(frame: TurnFrame, reading: Reading): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    if (turns.get(frame.messageId)?.state.finish) return end(frame.messageId);
    if (attempt > 0) await pause(Math.min(4_000, 300 * 2 ** attempt) * (0.5 + Math.random()));
    const before = reading.last;
    if (!(await readRest(frame.runId, reading))) return giveUp(frame.messageId);
    if (reading.last > before) attempt = 0;
    if (!turns.get(frame.messageId)?.state.finish) change(frame.messageId, { isStalled: true });
  }
}

/** Reads the run's stream after the last part that is here; false when it can't be read any more. */
async function readRest(runId: string, reading: Reading): Promise<boolean> {
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (reading.last >= 0) headers['last-event-id'] = String(reading.last);
  try {
    await consume(await send('GET', `/api/runs/${runId}/stream`, { headers }), reading);
    return true;
  } catch (error) {
    const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500;
    return !isRefused || error.status === 429;
  }
}

function end(messageId: string): void {
  const turn = turns.get(messageId);
  if (turn) for (const listener of finished) listener(turn);
}

/** The run can't be read any more (deleted, no longer visible): what the thread says is all there is. */
function giveUp(messageId: string): void {
  const turn = turns.get(messageId);
  turns.delete(messageId);
  publish(messageId);
  if (turn) for (const listener of finished) listener(turn);
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
