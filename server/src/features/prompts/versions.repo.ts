/** SQL of prompt versions and labels. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import { newId } from '#platform/ids';
import type { PromptVersionTable } from './prompts.tables.ts';

type VersionRow = Selectable<PromptVersionTable>;
/** A version with the labels that sit on it. */
export interface VersionWithLabels extends VersionRow {
  labels: string[];
}
export type VersionDraft = Pick<VersionRow, 'content' | 'role' | 'variables' | 'settings' | 'note'>;

const versions = (db: Db) =>
  db
    .selectFrom('piper.prompt_versions as v')
    .selectAll('v')
    .select(
      sql<string[]>`array(select l.label from piper.prompt_labels l where l.version_id = v.id order by l.label)`.as('labels'),
    );

export function findVersion(db: Db, promptId: string, number: number): Promise<VersionWithLabels | undefined> {
  return versions(db).where('v.prompt_id', '=', promptId).where('v.number', '=', number).executeTakeFirst();
}

export function findVersionById(db: Db, id: string): Promise<VersionWithLabels | undefined> {
  return versions(db).where('v.id', '=', id).executeTakeFirst();
}

/** The newest version of the project's active prompt, with the prompt's title. */
export function findActiveVersion(
  db: Db,
  projectId: string,
): Promise<(VersionWithLabels & { prompt_title: string }) | undefined> {
  return versions(db)
    .innerJoin('piper.prompts as p', (join) => join.onRef('p.id', '=', 'v.prompt_id').onRef('p.latest_version', '=', 'v.number'))
    .select('p.title as prompt_title')
    .where('p.project_id', '=', projectId)
    .where('p.active', '=', true)
    .executeTakeFirst();
}

export function findLabelledVersion(db: Db, promptId: string, label: string): Promise<VersionWithLabels | undefined> {
  return versions(db)
    .where('v.id', '=', (eb) =>
      eb
        .selectFrom('piper.prompt_labels as l')
        .select('l.version_id')
        .where('l.prompt_id', '=', promptId)
        .where('l.label', '=', label),
    )
    .executeTakeFirst();
}

/** Newest first. */
export function listVersions(
  db: Db,
  promptId: string,
  page: { before: number | undefined; limit: number },
): Promise<VersionWithLabels[]> {
  const query = versions(db).where('v.prompt_id', '=', promptId).orderBy('v.number', 'desc').limit(page.limit);
  return (page.before === undefined ? query : query.where('v.number', '<', page.before)).execute();
}

/** The caller holds the lock of the prompt's row, so the number is free. */
export function insertVersion(
  tx: Tx,
  version: VersionDraft & { prompt_id: string; number: number; created_by: string | null },
): Promise<VersionRow> {
  const row = {
    ...version,
    id: newId(),
    variables: JSON.stringify(version.variables),
    settings: JSON.stringify(version.settings),
  };
  return tx.insertInto('piper.prompt_versions').values(row).returningAll().executeTakeFirstOrThrow();
}

export function listLabels(db: Db, promptId: string): Promise<{ label: string; number: number }[]> {
  return db
    .selectFrom('piper.prompt_labels as l')
    .innerJoin('piper.prompt_versions as v', 'v.id', 'l.version_id')
    .select(['l.label', 'v.number'])
    .where('l.prompt_id', '=', promptId)
    .orderBy('l.label')
    .execute();
}

export async function setLabel(tx: Tx, label: { prompt_id: string; label: string; version_id: string }): Promise<void> {
  await tx
    .insertInto('piper.prompt_labels')
    .values(label)
    .onConflict((conflict) =>
      conflict.columns(['prompt_id', 'label']).doUpdateSet({ version_id: label.version_id, updated_at: sql`now()` }),
    )
    .execute();
}

/** False when there was no such label. */
export async function removeLabel(tx: Tx, promptId: string, label: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('piper.prompt_labels')
    .where('prompt_id', '=', promptId)
    .where('label', '=', label)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
