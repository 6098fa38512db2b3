/** The stream of a run, as features see it: parts are stored first and pushed after, so a reader can always resume by number. */
import type { StreamPart } from '@piper/shared/stream/parts';

export interface StoredPart {
  seq: number;
  part: StreamPart;
}

export interface PartStreams {
  /**
   * Opens the writer of a run's stream; numbering goes on after what is stored. Only the process that executes the run may.
   */
  writer(runId: string): Promise<PartWriter>;
  /**
   * Reads a run's parts with `seq > after`: the stored ones, then the new ones as they come, in this or another process,
   * until the `finish` part or `signal`.
   */
  read(runId: string, after: number, signal: AbortSignal): AsyncIterable<StoredPart[]>;
  /** Lets the readers of a run look again, here and in other processes: its state changed. */
  wake(runId: string): void;
}

export interface PartWriter {
  /** Takes a part for the next flush: the first text delta at once, later ones together after at most 100 ms. */
  push(part: StreamPart): void;
  /** Resolves when all that was pushed is stored; rejects when storing failed. */
  flush(): Promise<void>;
  /** Flushes and forgets the run. */
  close(): Promise<void>;
}

declare module '../deps.ts' {
  interface Deps {
    parts: PartStreams;
  }
}
