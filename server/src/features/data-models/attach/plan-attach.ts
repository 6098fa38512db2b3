/** A look at a foreign database, and what it would become in a project. */
import { limits } from '@piper/shared/limits';
import type { Db } from '#platform/db/db';
import { newId } from '#platform/ids';
import { loadDefinitions } from '../definitions.repo.ts';
import { inspectDatabase } from './inspect.ts';
import { mapDatabase } from './map-database.ts';
import type { Mapped } from './mapped.ts';
import { measureColumns, type Patience } from './measure.ts';
import type { Client } from './reading.ts';

export interface PlanOptions extends Patience {
  projectId: string;
  /** Makes the ids of its records its own: the id of the attached database. */
  space: string;
  schemas: readonly string[] | null;
}

/** Reads the structure and looks through the rows. Nothing is changed anywhere. */
export async function planAttach(
  db: Db,
  client: Client,
  { projectId, space, schemas, ...patience }: PlanOptions,
): Promise<Mapped> {
  const inspected = await measureColumns(client, await inspectDatabase(client, schemas ?? undefined), patience);
  const { models } = await loadDefinitions(db, projectId);
  const takenKeys = new Set(models.filter((model) => model.deletedAt === undefined).map((model) => model.key));
  return mapDatabase(inspected, { newId, space, takenKeys, room: limits.modelsPerProject - models.length });
}
