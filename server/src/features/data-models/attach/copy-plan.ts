/** Where the rows of an attached database go: its tables, matched with the project's by the stable ids of the definitions. */
import type { Field } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { columnTypeOf } from '#platform/records/fields/index';
import { quote, quoteTable } from '#platform/records/sql-writer';
import type { Mapped, MappedLink, MappedModel, Source } from './mapped.ts';

export interface CopyTable extends Source {
  /** Of the model or the many-to-many field; stable over attempts. */
  id: string;
  /** Quoted, with its schema. */
  target: string;
  columns: CopyColumn[];
}

export interface CopyColumn {
  /** Quoted. */
  name: string;
  /** Its SQL type, which both servers know. */
  type: string;
  /** The value, as SQL for the foreign server. */
  read: string;
  /** Written when all rows of all tables are there. */
  isLate: boolean;
  /** Its sequence goes on after the largest copied number. */
  isCounted: boolean;
}

/** The copy, in the order in which rows may be written. Throws `conflict` when a model or field of it is not there any more. */
export function planCopy(mapped: Mapped, models: readonly ModelDefinition[]): CopyTable[] {
  const byId = new Map(models.filter((model) => model.deletedAt === undefined).map((model) => [model.id, model]));
  const find = (id: string): ModelDefinition => byId.get(id) ?? gone();
  return [
    ...mapped.models.map((model) => planModel(model, find(model.model.id))),
    ...mapped.links.map((link) => planLink(link, fieldOf(find(link.model), link.field.id), find)),
  ];
}

const gone = (): never =>
  fail('conflict', 'A data model or field that rows are copied into was deleted meanwhile. Attach the database again.');
const fieldOf = (model: ModelDefinition, id: string): Field => model.fields.find((field) => field.id === id) ?? gone();
const sourceOf = ({ name, from, key, recordId, rowEstimate }: Source): Source => ({
  name,
  from,
  recordId,
  ...(key ? { key } : {}),
  ...(rowEstimate === undefined ? {} : { rowEstimate }),
});

const planModel = (mapped: MappedModel, model: ModelDefinition): CopyTable => ({
  ...sourceOf(mapped),
  id: model.id,
  target: quoteTable(model.table),
  columns: [
    ...mapped.fields.map(({ id, read, isCounted }) => columnFor(fieldOf(model, id), { read, isCounted: isCounted === true })),
    ...mapped.relations.map(({ field, read, isLate }) => columnFor(fieldOf(model, field.id), { read, isLate })),
  ],
});

function planLink(link: MappedLink, field: Field, find: (id: string) => ModelDefinition): CopyTable {
  const { relation } = field;
  if (relation?.kind !== 'many-to-many') return gone();
  const junction = find(relation.through);
  return {
    ...sourceOf(link),
    id: link.field.id,
    target: quoteTable(junction.table),
    columns: [
      columnFor(fieldOf(junction, relation.by), { read: link.here }),
      columnFor(fieldOf(junction, relation.to), { read: link.there }),
    ],
  };
}

const columnFor = (
  field: Field,
  { read, isLate = false, isCounted = false }: Partial<CopyColumn> & { read: string },
): CopyColumn => ({
  name: quote(field.column ?? gone()),
  type: columnTypeOf(field)
    .sqlType(field)
    .replace(/ collate .*$/, ''),
  read: `(${read})`,
  isLate,
  isCounted,
});

/** A value as text, the same on both servers whatever they are set to. */
export function canonical({ type }: Pick<CopyColumn, 'type'>, value: string): string {
  if (type.startsWith('numeric')) return `trim_scale(${value})::text`;
  if (type === 'timestamptz') return `to_char(${value} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`;
  return type === 'date' ? `to_char(${value}, 'YYYY-MM-DD')` : `${value}::text`;
}
