/**
 * Actors and projects without the way through registration: for tests of features that only need somebody to act. Who
 * acts is said by `Authorization: Actor <JSON>`, which only the feature below understands.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Actor, InstanceRole } from '../server/src/platform/actor.ts';
import type { Db } from '../server/src/platform/db/db.ts';
import { defineFeature } from '../server/src/platform/feature.ts';
import type {} from '../server/src/platform/http/authenticate.ts';
import { newId } from '../server/src/platform/ids.ts';

export const actorsFeature = defineFeature({
  name: 'test-actors',
  authenticate: async (_deps, { headers }) => {
    const given = headers.authorization;
    return given?.startsWith('Actor ') ? (JSON.parse(given.slice(6)) as Actor) : undefined;
  },
});

export interface TestActor {
  userId: string;
  headers: Record<string, string>;
}

const headersOf = (actor: Actor): Record<string, string> => ({ authorization: `Actor ${JSON.stringify(actor)}` });

/** A user of the instance. */
export async function addUser(db: Db, role: InstanceRole = 'MEMBER'): Promise<TestActor> {
  const userId = newId();
  await sql`insert into piper.users (id, email, name, role) values (${userId}, ${`${userId}@example.com`}, 'Test', ${role})`.execute(
    db,
  );
  return { userId, headers: headersOf({ kind: 'user', userId, role, sessionId: randomUUID() }) };
}

/** An API key of `user`, as narrow as asked. */
export function keyOf(user: TestActor, scope: { projectId?: string; access?: 'read' | 'write' }): TestActor {
  const actor: Actor = {
    kind: 'key',
    userId: user.userId,
    role: 'MEMBER',
    keyId: randomUUID(),
    projectId: scope.projectId,
    access: scope.access ?? 'write',
  };
  return { userId: user.userId, headers: headersOf(actor) };
}

/** A project with members in the given roles. */
export async function addProject(
  db: Db,
  members: Record<string, 'owner' | 'admin' | 'member' | 'viewer'>,
): Promise<{ id: string; slug: string }> {
  const id = newId();
  const slug = `project-${id}`;
  await sql`insert into piper.projects (id, slug, name) values (${id}, ${slug}, 'Test')`.execute(db);
  for (const [userId, role] of Object.entries(members)) {
    await sql`insert into piper.members (id, project_id, user_id, role) values (${newId()}, ${id}, ${userId}, ${role})`.execute(
      db,
    );
  }
  return { id, slug };
}

/** What the log says about `subject`, in its order. */
export async function eventsOf(
  db: Db,
  subject: string,
): Promise<{ type: string; topic: string; actor: string; data: Record<string, unknown> }[]> {
  const { rows } = await sql<{ type: string; topic: string; actor: string; data: Record<string, unknown> }>`
    select type, topic, actor, data from piper.events where subject = ${subject} order by position`.execute(db);
  return rows;
}
