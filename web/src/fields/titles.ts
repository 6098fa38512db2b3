/** What records are called: told by what was read of them, or read by their ids. */
import { useQueries } from '@tanstack/react-query';
import { queryClient } from '../platform/cache.ts';
import {
  dataModelQuery,
  isReadable,
  listRecords,
  recordsPath,
  type AnyRecord,
  type VisibleField,
  type VisibleModel,
} from '../platform/records.ts';
import { isBlank } from './field-ui.ts';
import { printValue } from './print.ts';
import { idIn, placeOf } from './targets.ts';

/** The record's name, when what was read of it tells; one whose title is another record doesn't. */
export function titleOf(record: unknown, model: VisibleModel | undefined): string | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  const { id } = record as AnyRecord;
  const field = model?.fields.find(({ key }) => key === model.titleField);
  const value = field && (record as AnyRecord)[field.key];
  if (!field || value === null) return id;
  if (value === undefined || field.relation) return undefined;
  return printValue(field, value) || id;
}

/** The names of records by their ids, in that order: `…` until they are read, the id where it may not be seen. */
export function useTitles(model: VisibleModel | undefined, ids: readonly string[]): string[] {
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['record', model ? recordsPath(model) : '', id, 'title', model?.titleField],
      enabled: model !== undefined,
      queryFn: () => readTitle(model!, id),
      staleTime: 60_000,
      retry: false,
    })),
  });
  return ids.map((id, i) => found[i]?.data ?? (model !== undefined && found[i]?.isPending ? '…' : id));
}

/** The name of a record that was read, wherever its title comes from. */
export function useTitle(model: VisibleModel | undefined, record: AnyRecord): string {
  const title = titleOf(record, model);
  const [read] = useTitles(model, title === undefined ? [record.id] : []);
  return title ?? read ?? record.id;
}

interface Batch {
  ids: Set<string>;
  titles: Promise<ReadonlyMap<string, string>>;
}
const batches = new Map<string, Batch>();
const batchSize = 50;

/** The names a page asks for at once, a cell each, are read in one request. */
async function readTitle(model: VisibleModel, id: string): Promise<string> {
  const path = recordsPath(model);
  const open = batches.get(path);
  const batch = open && open.ids.size < batchSize ? open : startBatch(model, path);
  batch.ids.add(id);
  return (await batch.titles).get(id) ?? id;
}

function startBatch(model: VisibleModel, path: string): Batch {
  const ids = new Set<string>();
  const later = async (): Promise<ReadonlyMap<string, string>> => {
    await Promise.resolve();
    if (batches.get(path) === batch) batches.delete(path);
    return readTitles(model, [...ids]);
  };
  const batch: Batch = { ids, titles: later() };
  batches.set(path, batch);
  return batch;
}

async function readTitles(model: VisibleModel, ids: readonly string[], depth = 1): Promise<ReadonlyMap<string, string>> {
  const field = model.fields.find(({ key }) => key === model.titleField);
  const fields = field && isReadable(model, field.key) ? `id,${field.key}` : 'id';
  const filter = { id: { _in: [...ids] } };
  const { data } = await listRecords(recordsPath(model), { fields, filter, limit: ids.length });
  const own = new Map(data.map((record) => [record.id, titleOf(record, model) ?? record.id]));
  if (field?.relation?.kind !== 'many-to-one' || depth === 3) return own;
  return new Map([...own, ...(await titlesBehind(model, { field, records: data, depth }))]);
}

/** Of records that are called after another record, the names of those. */
async function titlesBehind(
  model: VisibleModel,
  { field, records, depth }: { field: VisibleField; records: readonly AnyRecord[]; depth: number },
): Promise<[string, string][]> {
  const idOf = (record: AnyRecord): string => String(idIn(record[field.key]));
  const named = records.filter((record) => !isBlank(record[field.key]));
  const target = field.relation?.target ?? '';
  const other = await queryClient.ensureQueryData(dataModelQuery(target, placeOf(target, model.project)));
  const titles = named.length === 0 ? undefined : await readTitles(other, [...new Set(named.map(idOf))], depth + 1);
  return named.map((record) => [record.id, titles?.get(idOf(record)) ?? record.id]);
}
