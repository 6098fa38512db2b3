/**
 * `Idempotency-Key`: the key is taken and the reply kept in the transaction of the write itself, so a repetition gets the
 * same reply whenever it comes, and there is no moment in which the one is there without the other. A refused request keeps
 * nothing: its repetition is tried anew.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { FastifyRequest } from 'fastify';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { actorRef } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import type { Http } from '#platform/http/serve';
import { asksShape, sendAnswer, type Answer, type Place, type ProjectCtx } from './items.place.ts';

/** How long a repetition waits for the first one to end; then 409. */
const patienceMs = 5_000;

/** Does the work once for the request's key; without a key, each time. Repetitions carry `idempotent-replayed: true`. */
export async function once(
  ctx: ProjectCtx,
  { request, reply }: Http,
  work: (ctx: ProjectCtx) => Promise<Answer>,
): Promise<Answer> {
  const key = keyOf(request);
  if (key === undefined) return work(ctx);
  const of = { actor: actorRef(ctx.actor), key, request: digestOf(request) };
  return inTx(ctx, async (tx) => {
    if (await reserve(tx, of)) {
      const answer = await work(tx as TxCtx & ProjectCtx);
      await keep(tx, of, answer);
      return answer;
    }
    const kept = await find(tx, of);
    // Swept at this very moment: whoever sent it tries again.
    if (!kept) fail('conflict', 'The same request is being answered at this moment. Try again.');
    if (!kept.request.equals(of.request)) fail('idempotency_conflict', 'This Idempotency-Key was used for another request.');
    void reply.header('idempotent-replayed', 'true');
    return kept.reply;
  });
}

/**
 * Does a write once, and answers it. Where the answer has to be read in the shape that was asked for, it is read in the
 * write's own transaction: a shape that can't be given undoes the write, instead of answering one that was done by an error.
 */
export async function answerOnce(place: Place, http: Http, work: (ctx: ProjectCtx) => Promise<Answer>): Promise<never> {
  const write = (ctx: ProjectCtx): Promise<Answer> => once(ctx, http, work);
  const answer = asksShape(place.query) ? inTx(place.ctx, (tx) => write(tx as TxCtx & ProjectCtx)) : write(place.ctx);
  return sendAnswer(http.reply, await answer) as never;
}

interface Reserved {
  actor: string;
  key: string;
  request: Buffer;
}

function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key === '' || key.length > limits.idempotencyKey)
    fail('validation_failed', `An Idempotency-Key has 1 to ${limits.idempotencyKey} characters.`);
  return key;
}

function digestOf({ method, url, body, headers }: FastifyRequest): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([method, url, body ?? null, headers['if-match'] ?? null]))
    .digest();
}

/** False when somebody did before. Waits for one who is about to. */
async function reserve(tx: TxCtx, { actor, key, request }: Reserved): Promise<boolean> {
  const { rows } = await sql<{ before: string }>`
    select current_setting('lock_timeout') as before, set_config('lock_timeout', ${String(patienceMs)}, true)`.execute(tx.db);
  const taken = await sql`
    insert into piper.idempotent_replies (actor, key, request) values (${actor}, ${key}, ${request}) on conflict do nothing`.execute(
    tx.db,
  );
  await sql`select set_config('lock_timeout', ${rows[0]!.before}, true)`.execute(tx.db);
  return taken.numAffectedRows === 1n;
}

async function keep(tx: TxCtx, { actor, key }: Reserved, answer: Answer): Promise<void> {
  // As one text: JSON in the database would lose the order of its keys.
  const reply = JSON.stringify(JSON.stringify(answer));
  await sql`update piper.idempotent_replies set reply = ${reply}::jsonb where actor = ${actor} and key = ${key}`.execute(tx.db);
}

async function find(tx: TxCtx, { actor, key }: Reserved): Promise<{ request: Buffer; reply: Answer } | undefined> {
  const { rows } = await sql<{ request: Buffer; reply: string }>`
    select request, reply from piper.idempotent_replies where actor = ${actor} and key = ${key}`.execute(tx.db);
  return rows[0] && { request: rows[0].request, reply: JSON.parse(rows[0].reply) as Answer };
}

/** Forgets replies that nobody will ask for any more. */
export async function sweepReplies(ctx: Ctx): Promise<void> {
  const before = new Date(ctx.deps.clock.now().getTime() - limits.idempotencyHours * 3_600_000);
  await sql`delete from piper.idempotent_replies where created_at < ${before}`.execute(ctx.db);
}
