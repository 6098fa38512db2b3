/** Appends to the log inside the caller's transaction: nothing is published that did not commit. */
import { sql } from 'kysely';
import { actorRef, type Actor } from '../actor.ts';
import type { Tx } from '../db/db.ts';
import { afterCommit } from '../db/tx.ts';
import type { Deps } from '../deps.ts';

export interface NewEvent {
  /** Where it is heard: `user:<id>`, `thread:<id>`, `run:<id>`, `project:<id>`, `project:<id>:model:<model>`, `security`. */
  topic: string;
  /** `<thing>.<past participle>`: `message.created`, `member.removed`. */
  type: string;
  /** Id of the record it is about. */
  subject?: string | undefined;
  projectId?: string | undefined;
  /** For a record's change: `{ before, after }` of the changed fields. Never a secret. */
  data?: Record<string, unknown>;
  /** Links message → run → step → call. */
  cause?: string | undefined;
}

/** Wakes the readers of the log, in this process and others; coalesced, and lossy by design (readers poll too). */
export interface EventWaker {
  wake(): void;
}

interface Appender {
  actor: Actor;
  db: Tx;
  deps: Deps;
}

/** Appends events in their order; readers are woken after the commit. */
export async function appendEvents(ctx: Appender, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(
    (e) =>
      sql`(${e.topic}, ${e.type}, ${actorRef(ctx.actor)}, ${e.subject ?? null}, ${e.projectId ?? null}::uuid, ${JSON.stringify(e.data ?? {})}::jsonb, ${e.cause ?? null})`,
  );
  await sql`insert into piper.events (topic, type, actor, subject, project_id, data, cause) values ${sql.join(rows)}`.execute(
    ctx.db,
  );
  afterCommit(ctx.db, () => ctx.deps.events.wake());
}

export const appendEvent = (ctx: Appender, event: NewEvent): Promise<void> => appendEvents(ctx, [event]);
