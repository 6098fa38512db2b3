/**
 * A connection that prepares what is asked often: PostgreSQL then parses and plans a statement once per session, which is
 * more than half of its work for the short statements of a request.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** Uses after which a text is prepared; what is asked once or twice shall not stay in every session. */
const preparedAfter = 8;
/** A plan stays in each session for its life, some 50 kB each, so their number is bounded; later texts go unnamed. */
const maxPrepared = 300;
/** Texts whose uses are counted at a time. */
const maxCounted = 5_000;

const uses = new Map<string, number>();
const names = new Map<string, string>();
/** Part of each name: a higher one prepares everything anew. */
let generation = 0;

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= maxPrepared) return known;
  const count = (uses.get(text) ?? 0) + 1;
  if (count <= preparedAfter) {
    if (uses.size >= maxCounted) uses.clear();
    uses.set(text, count);
    return undefined;
  }
  uses.delete(text);
  const name = `q${generation}_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
  names.set(text, name);
  return name;
}

/** Prepares everything anew: a table has other columns by now, so a prepared `select *` would fail. */
export function prepareAnew(): void {
  generation++;
  names.clear();
}

/** Whether a migration or an added field changed what a prepared `select *` answers; everything is prepared anew then. */
function forgetWhenStale(error: unknown): boolean {
  const isStale = error instanceof pg.DatabaseError && error.code === '0A000' && error.message.startsWith('cached plan');
  if (isStale) prepareAnew();
  return isStale;
}

type Query = (...args: unknown[]) => unknown;
type Done = (error: unknown, result?: unknown) => unknown;
const send = pg.Client.prototype.query as unknown as Query;

/** Given to the pool as its class of connections. */
export class PreparedClient extends pg.Client {
  // The overloads of pg's `query` can't be written down again here; what is passed on is what came, and perhaps a name.
  override query: pg.Client['query'] = ((text: unknown, values?: unknown, done?: Done) => {
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    if (name === undefined) return send.call(this, text, values, done);
    // Inside a transaction the error has ended it.
    const mayRepeat = (error: unknown): boolean => forgetWhenStale(error) && this.getTransactionStatus() === 'I';
    if (done)
      return send.call(this, { name, text, values }, (error: unknown, result: unknown) =>
        mayRepeat(error) ? send.call(this, text, values, done) : done(error, result),
      );
    return (send.call(this, { name, text, values }) as Promise<unknown>).catch((error: unknown) => {
      if (mayRepeat(error)) return send.call(this, text, values);
      throw error;
    });
  }) as pg.Client['query'];
}
