/** What one writer has pushed and not stored yet: consecutive deltas of one id become one part. */
import type { StreamPart } from '@piper/shared/stream/parts';
import type { StoredPart } from './parts.ts';

type Delta = Extract<StreamPart, { type: 'text-delta' | 'reasoning-delta' }>;

const isDelta = (part: StreamPart | undefined): part is Delta => part?.type === 'text-delta' || part?.type === 'reasoning-delta';

export interface PartQueue {
  push(part: StreamPart): void;
  /** Numbers and hands out what waits. A half of a surrogate pair stays for its other half, unless `all`. */
  take(all: boolean): StoredPart[];
  /** Whether `take(all)` would hand out nothing. */
  isEmpty(all: boolean): boolean;
}

export function openPartQueue(lastSeq: number): PartQueue {
  let seq = lastSeq;
  let waiting: StreamPart[] = [];
  return {
    push(part) {
      const last = waiting.at(-1);
      if (isDelta(part) && isDelta(last) && last.type === part.type && last.id === part.id) {
        waiting[waiting.length - 1] = { ...last, text: last.text + part.text };
      } else waiting.push(part);
    },
    take(all) {
      const parts = waiting;
      waiting = [];
      const last = parts.at(-1);
      if (!all && isDelta(last) && endsInHalf(last.text)) {
        waiting = [{ ...last, text: last.text.slice(-1) }];
        const rest = last.text.slice(0, -1);
        if (rest === '') parts.pop();
        else parts[parts.length - 1] = { ...last, text: rest };
      }
      return parts.map((part) => ({ seq: ++seq, part }));
    },
    isEmpty(all) {
      const [first] = waiting;
      return waiting.length === 0 || (!all && waiting.length === 1 && isDelta(first) && /^[\ud800-\udbff]$/.test(first.text));
    },
  };
}

const endsInHalf = (text: string): boolean => /[\ud800-\udbff]$/.test(text);

/** JSON that PostgreSQL's jsonb takes: it knows neither NUL nor half surrogate pairs. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!/\\u(0000|d[89a-f])/i.test(json)) return json;
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'string' ? each.replaceAll('\0', '').toWellFormed() : each,
  );
}
