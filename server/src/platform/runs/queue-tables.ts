/** The tables DBOS keeps its queues in, schema `dbos`: private to it, and made by its own migrations. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';

export async function hasQueueTables(client: Pick<ClientBase, 'query'> | Pool): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(`select to_regclass('dbos.workflow_status') is not null as there`);
  return rows[0]?.there ?? false;
}

/** Makes them where missing. Several processes may try at once; DBOS' migrations are safe to repeat. */
export async function makeQueueTables(pool: Pool, databaseUrl: string): Promise<void> {
  for (let tries = 1; !(await hasQueueTables(pool)); tries++) {
    const { DBOS } = await import('@dbos-inc/dbos-sdk');
    try {
      await DBOS.migrate(databaseUrl);
    } catch (error) {
      if (tries === 3) throw error;
      await pause(500 * tries);
    }
  }
}
