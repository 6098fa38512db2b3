/** Transactions: `inTx` hands out a context whose `db` *is* the transaction; `afterCommit` runs what must not happen before. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Db, Tx } from './db.ts';

type Callback = () => void;
const callbacks = new WeakMap<Tx, Callback[]>();

/** Registers what to do once `tx` has committed; it never runs when it is rolled back. It must not throw. */
export function afterCommit(tx: Tx, callback: Callback): void {
  const queue = callbacks.get(tx);
  if (!queue) throw new Error('afterCommit needs a transaction opened by inTx');
  queue.push(callback);
}

/** What PostgreSQL ended so that others could go on: a serialization failure, a deadlock. */
const lostRaces = new Set(['40001', '40P01']);
const repetitions = 3;
const longestPauseMs = 50;

const isLostRace = (error: unknown): boolean => lostRaces.has((error as { code?: string }).code ?? '');

/**
 * Runs `work` in one transaction: all of it commits, or nothing does. Inside an open transaction it joins that one.
 * Callbacks of `afterCommit` run after the commit, before the returned promise resolves. A transaction that PostgreSQL ended
 * to resolve a deadlock is run again, up to three times: `work` must leave nothing but what it wrote there.
 */
export async function inTx<C extends { db: Db }, R>(ctx: C, work: (ctx: Omit<C, 'db'> & { db: Tx }) => Promise<R>): Promise<R> {
  if (ctx.db.isTransaction) return work(ctx as C & { db: Tx });
  for (let attempt = 0; ; attempt++) {
    try {
      return await runOnce(ctx, work);
    } catch (error) {
      if (attempt === repetitions || !isLostRace(error)) throw error;
      // Those who stood in each other's way shall not meet again.
      await pause(Math.random() * longestPauseMs * 2 ** attempt);
    }
  }
}

async function runOnce<C extends { db: Db }, R>(ctx: C, work: (ctx: Omit<C, 'db'> & { db: Tx }) => Promise<R>): Promise<R> {
  const queue: Callback[] = [];
  const result = await ctx.db.transaction().execute((tx) => {
    callbacks.set(tx, queue);
    return work({ ...ctx, db: tx });
  });
  for (const callback of queue) callback();
  return result;
}
