/** The tables DBOS keeps its queues in, schema `dbos`: private to it, and made by its own migrations. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DLogger } from '@dbos-inc/dbos-sdk';
import type { ClientBase, Pool } from 'pg';

export async function hasQueueTables(client: Pick<ClientBase, 'query'> | Pool): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(`select to_regclass('dbos.workflow_status') is not null as there`);
  return rows[0]?.there ?? false;
}

/**
 * Makes them where missing. Several processes may try at once; DBOS' migrations are safe to repeat. This is what
 * `DBOS.migrate` does, which writes to the console.
 */
export async function makeQueueTables(pool: Pool, databaseUrl: string, logger: DLogger): Promise<void> {
  for (let tries = 1; !(await hasQueueTables(pool)); tries++) {
    const [{ ensureSystemDatabase }, { GlobalLogger }] = await Promise.all([
      import('@dbos-inc/dbos-sdk/internal/system_database'),
      import('@dbos-inc/dbos-sdk/internal/telemetry/logs'),
    ]);
    try {
      await ensureSystemDatabase(databaseUrl, new GlobalLogger(undefined, { logger }));
    } catch (error) {
      if (tries === 3) throw error;
      await pause(500 * tries);
    }
  }
}
