/** Attached databases as they are shown: never the password, never SQL. */
import type { AttachedDatabase, DatabasePreview } from '@piper/shared/attached-databases';
import type { AttachedRow } from './attached.repo.ts';
import type { Mapped, Source } from './mapped.ts';

export function toAttached(row: AttachedRow): AttachedDatabase {
  const { id, host, port, database, username, tls, schemas, status, error, version } = row;
  return {
    id,
    host,
    port,
    database,
    username,
    tls,
    schemas,
    status,
    error,
    version,
    progress: progressOf(row),
    unmapped: row.mapped?.unmapped ?? [],
    report: row.report && {
      isSame: row.report.every((table) => table.isSame),
      tables: row.report.map(({ name, id: _id, ...rest }) => ({ table: name, ...rest })),
    },
    runId: row.run_id,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    createdBy: row.created_by,
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

const rowsOf = ({ rowEstimate }: Source): number | null => (rowEstimate === undefined ? null : Math.round(rowEstimate));

function progressOf({ mapped, progress }: AttachedRow): AttachedDatabase['progress'] {
  const sources = mapped
    ? [
        ...mapped.models.map((model) => ({ ...model, id: model.model.id })),
        ...mapped.links.map((link) => ({ ...link, id: link.field.id })),
      ]
    : [];
  return sources.map((source) => {
    const state = progress[source.id];
    return { table: source.name, copied: state?.rows.count ?? 0, estimate: rowsOf(source), isDone: state?.rows.isDone ?? false };
  });
}

/** What a database would become. */
export function toPreview({ models, links, unmapped }: Mapped): DatabasePreview {
  const keyOf = new Map(models.map(({ model }) => [model.id, model.key]));
  const link = (field: { key: string; label?: string; type: string }, target: string | undefined) => ({
    key: field.key,
    label: field.label ?? field.key,
    type: field.type,
    ...(target === undefined ? {} : { target }),
  });
  return {
    unmapped,
    models: models.map((mapped) => ({
      table: mapped.name,
      key: mapped.model.key,
      label: mapped.model.labelPlural ?? mapped.model.label,
      rows: rowsOf(mapped),
      readOnly: mapped.model.verbs !== undefined,
      fields: [
        ...mapped.model.fields!.map((field) => link({ ...field, key: field.key! }, undefined)),
        ...mapped.relations.map(({ field }) => link(field, targetOf(field, keyOf))),
        ...links.filter(({ model }) => model === mapped.model.id).map(({ field }) => link(field, targetOf(field, keyOf))),
      ],
    })),
  };
}

type Related = Mapped['links'][number]['field'];
const targetOf = ({ relation }: Related, keyOf: ReadonlyMap<string, string>): string | undefined =>
  relation && 'target' in relation ? keyOf.get(relation.target) : undefined;
