/** A database that is not Piper's, for a test file: empty, or what `fill` puts there. */
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../harness.ts';

export interface ForeignDatabase {
  url: string;
  client: pg.Client;
}

/** Opened before the file's first test, dropped after its last. */
export function useForeignDatabase(fill: (client: pg.Client) => Promise<unknown>): ForeignDatabase {
  const foreign = {} as ForeignDatabase;
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('template0');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    Object.assign(foreign, { url: database.url, client });
    await fill(client);
  }, 30_000);
  afterAll(async () => {
    await foreign.client?.end();
    await database?.drop();
  });
  return foreign;
}
