/** Threads: conversations as trees of messages, and who takes part in them. */
import { defineFeature } from '#platform/feature';
import { serveThreads } from './threads.routes.ts';
import { threadModels } from './threads.models.ts';
import { purgeThreads } from './threads.service.ts';
import type {} from '#platform/sweeper';
import type {} from './threads.tables.ts';

export { accessProjectForThreads, accessThread, requireUser, type ThreadVerb } from './threads.access.ts';
export {
  findAnswerOf,
  findMessage,
  findSentMessage,
  findThreadDefaults,
  findThreadOfMessage,
  listContext,
  listFilesOf,
  type ContextRow,
  type MessageOutcome,
} from './messages.repo.ts';
export {
  finishMessage,
  holdThread,
  openThread,
  postMessages,
  requireParent,
  threadEvents,
  type Draft,
  type HeldThread,
} from './posting.ts';
export { lockThread, updateThread } from './threads.repo.ts';
export { changesBetween, toThread, type MessageFile, type MessageRow } from './threads.wire.ts';
export type { OnMessage } from './threads.hooks.ts';

export const threads = defineFeature({
  name: 'threads',
  routes: serveThreads,
  systemModels: threadModels,
  sweepers: [{ name: 'threads-purge', everyMs: 60 * 60_000, sweep: purgeThreads }],
});
