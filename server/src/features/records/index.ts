/** Records: the routes of a project's own data. The engine is the platform's. */
import { defineFeature } from '#platform/feature';
import type {} from '#platform/live/topics';
import type {} from '#platform/sweeper';
import { recordTopics } from './live-records.ts';
import { sweepReplies } from './once.ts';
import { purgeDeletedRecords } from './purge.ts';
import { serveRecordRoutes } from './routes.ts';

export const records = defineFeature({
  name: 'records',
  routes: serveRecordRoutes,
  topics: [recordTopics],
  sweepers: [
    { name: 'idempotent-replies', everyMs: 600_000, sweep: sweepReplies },
    { name: 'deleted-records', everyMs: 21_600_000, sweep: purgeDeletedRecords },
  ],
});
