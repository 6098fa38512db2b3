/** Who acts. Every query is made on behalf of one; `system` is Piper itself (clean-up, migrations). */
export type InstanceRole = 'OWNER' | 'ADMIN' | 'MEMBER';

export type Actor = UserActor | KeyActor | AssistantActor | SystemActor;

export interface UserActor {
  kind: 'user';
  userId: string;
  role: InstanceRole;
  sessionId: string;
}

/** An API key acts as its user, narrowed by its scope. */
export interface KeyActor {
  kind: 'key';
  userId: string;
  role: InstanceRole;
  keyId: string;
  /** Only this project, when set. */
  projectId: string | undefined;
  access: 'read' | 'write';
}

/** An assistant acts with the rights of the user who asked it. */
export interface AssistantActor {
  kind: 'assistant';
  userId: string;
  role: InstanceRole;
  runId: string;
}

export interface SystemActor {
  kind: 'system';
}

export const system: SystemActor = { kind: 'system' };

/** The user on whose behalf this happens; undefined for Piper itself. */
export function userIdOf(actor: Actor): string | undefined {
  return actor.kind === 'system' ? undefined : actor.userId;
}

/** The form in which the event log names an actor: `user:<id>`, `key:<id>`, `assistant:<run>`, `system`. */
export function actorRef(actor: Actor): string {
  switch (actor.kind) {
    case 'user':
      return `user:${actor.userId}`;
    case 'key':
      return `key:${actor.keyId}`;
    case 'assistant':
      return `assistant:${actor.runId}`;
    case 'system':
      return 'system';
  }
}
