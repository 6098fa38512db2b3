/** Transactions: `inTx` hands out a context whose `db` *is* the transaction; `afterCommit` runs what must not happen before. */
import type { Db, Tx } from './db.ts';

type Callback = () => void;
const callbacks = new WeakMap<Tx, Callback[]>();

/** Registers what to do once `tx` has committed; it never runs when it is rolled back. It must not throw. */
export function afterCommit(tx: Tx, callback: Callback): void {
  const queue = callbacks.get(tx);
  if (!queue) throw new Error('afterCommit needs a transaction opened by inTx');
  queue.push(callback);
}

/**
 * Runs `work` in one transaction: all of it commits, or nothing does. Inside an open transaction it joins that one.
 * Callbacks of `afterCommit` run after the commit, before the returned promise resolves.
 */
export async function inTx<C extends { db: Db }, R>(ctx: C, work: (ctx: Omit<C, 'db'> & { db: Tx }) => Promise<R>): Promise<R> {
  if (ctx.db.isTransaction) return work(ctx as C & { db: Tx });
  const queue: Callback[] = [];
  const result = await ctx.db.transaction().execute((tx) => {
    callbacks.set(tx, queue);
    return work({ ...ctx, db: tx });
  });
  for (const callback of queue) callback();
  return result;
}
