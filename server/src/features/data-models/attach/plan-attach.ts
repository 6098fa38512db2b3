/** A look at a foreign database, and what it would become in a project. */
import type { Db } from '#platform/db/db';
import { newId } from '#platform/ids';
import { loadDefinitions } from '../definitions.repo.ts';
import { inspectDatabase, type Client } from './inspect.ts';
import { mapDatabase } from './map-database.ts';
import type { Mapped } from './mapped.ts';
import { measureColumns } from './measure.ts';

export interface PlanOptions {
  projectId: string;
  /** Makes the ids of its records its own: the id of the attached database. */
  space: string;
  schemas: readonly string[] | null;
  /** How long each table may be looked through for what its types leave open. */
  tableMs: number;
}

/** Reads the structure and looks through the rows. Nothing is changed anywhere. */
export async function planAttach(db: Db, client: Client, { projectId, space, schemas, tableMs }: PlanOptions): Promise<Mapped> {
  const inspected = await measureColumns(client, await inspectDatabase(client, schemas ?? undefined), tableMs);
  const { models } = await loadDefinitions(db, projectId);
  const takenKeys = new Set(models.filter((model) => model.deletedAt === undefined).map((model) => model.key));
  return mapDatabase(inspected, { newId, space, takenKeys });
}
