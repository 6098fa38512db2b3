/** The input of a `turn` run: everything it needs to be executed again, on another machine, after any crash. */
import type { TurnParameters } from './turn-plan.ts';

export interface TurnInput {
  /** With whose rights the assistant acts. */
  userId: string;
  projectId: string;
  threadId: string;
  /** The question; the branch up to it is the context. */
  userMessageId: string;
  /** The answer that is written. */
  messageId: string;
  aiModel: string;
  promptVersionId?: string;
  variables?: Record<string, unknown>;
  parameters: TurnParameters;
  /** An answer that ended early: this one begins with its text and goes on. */
  continues?: string;
}
