/** Piper's resources through the records engine: one dialect for every list, read and write. */
import type { Action, DataModel, Field } from '@piper/shared/data-model';
import type { Filter } from '@piper/shared/filter/filter';
import { queryOptions } from '@tanstack/react-query';
import { request } from './http.ts';

export interface RecordQuery {
  filter?: Filter | undefined;
  fields?: string | undefined;
  /** Of lists of related records, which and how many. */
  deep?: Record<string, { _limit: number }> | undefined;
  sort?: string | undefined;
  limit?: number | undefined;
  page?: number | undefined;
  offset?: number | undefined;
  cursor?: string | undefined;
  search?: string | undefined;
  meta?: string | undefined;
  /** Only what was deleted and can still be restored. */
  deleted?: 'only' | undefined;
}

export interface ListMeta {
  total_count?: number;
  filter_count?: number;
  nextCursor?: string | null;
}

/** Every record has these; the rest depends on its model. */
export interface BaseRecord {
  id: string;
  createdAt?: string;
  updatedAt?: string;
  createdBy?: string | null;
  version?: number;
  allowedActions?: string[];
}

/** A record whose fields are known only at run time. */
export type AnyRecord = BaseRecord & Record<string, unknown>;

export interface Listed<T> {
  data: T[];
  meta?: ListMeta;
}

export const listRecords = <T extends BaseRecord = AnyRecord>(
  model: string,
  query: RecordQuery = {},
  signal?: AbortSignal,
): Promise<Listed<T>> => request('GET', `/api/${model}`, { query: { ...query }, signal });

/** `deleted`: also while it waits in the bin, for those who may restore it. */
export async function readRecord<T extends BaseRecord = AnyRecord>(
  model: string,
  id: string,
  fields?: string,
  { deleted }: { deleted?: 'with' | undefined } = {},
): Promise<T> {
  const body = await request<{ data: T }>('GET', `/api/${model}/${encodeURIComponent(id)}`, { query: { fields, deleted } });
  return body.data;
}

export async function createRecord<T extends BaseRecord = AnyRecord>(model: string, values: Record<string, unknown>): Promise<T> {
  const body = await request<{ data: T }>('POST', `/api/${model}`, { body: values });
  return body.data;
}

/** `version`, when given, makes the server refuse (412) what somebody else changed meanwhile. */
export async function updateRecord<T extends BaseRecord = AnyRecord>(
  model: string,
  id: string,
  values: Record<string, unknown>,
  version?: number,
): Promise<T> {
  const headers: Record<string, string> = version === undefined ? {} : { 'if-match': `"${version}"` };
  const body = await request<{ data: T }>('PATCH', `/api/${model}/${encodeURIComponent(id)}`, { body: values, headers });
  return body.data;
}

/** `permanent`: not to be restored. */
export const deleteRecord = (model: string, id: string, { permanent }: { permanent?: true } = {}): Promise<void> =>
  request('DELETE', `/api/${model}/${encodeURIComponent(id)}`, { query: { permanent } });

/** Takes a deletion back, with what was deleted along. */
export const restoreRecord = (model: string, id: string): Promise<unknown> =>
  request('POST', `/api/${model}/${encodeURIComponent(id)}/restore`, { body: {} });

/** A definition as the signed-in account may know it: only readable fields, and what may be done with them. */
export interface VisibleField extends Omit<Field, 'id' | 'column' | 'secret'> {
  id?: string;
  operators: readonly string[];
  sortable: boolean;
  creatable: boolean;
  updatable: boolean;
}

export interface VisibleModel extends Pick<
  DataModel,
  'id' | 'key' | 'label' | 'labelPlural' | 'description' | 'icon' | 'titleField' | 'search' | 'defaultSort' | 'verbs'
> {
  /** The project whose model it is, as the address names it; absent for Piper's own. */
  project?: string;
  /** Of the definitions of its project, as change sets count them; absent in lists. */
  version?: number;
  allowedActions: Action[];
  fields: VisibleField[];
}

export const dataModelsQuery = queryOptions({
  queryKey: ['data-models'],
  queryFn: async () => (await request<{ data: VisibleModel[] }>('GET', '/api/models')).data,
  staleTime: 5 * 60_000,
  meta: { keep: true },
});

/** One definition, by key or id; of a project's models its project is named too. */
export const dataModelQuery = (ref: string, project?: string) =>
  queryOptions({
    queryKey: ['data-model', project ?? '', ref],
    queryFn: async (): Promise<VisibleModel> => {
      const { data, meta } = await request<{ data: VisibleModel; meta: { version: number } }>(
        'GET',
        `/api/models/${encodeURIComponent(ref)}`,
        { query: { project } },
      );
      return { ...data, ...meta, ...(project === undefined ? {} : { project }) };
    },
    staleTime: 5 * 60_000,
    meta: { keep: true },
  });

/** Where a model's records are, below `/api/`; also what their cached queries are named after. */
export const recordsPath = ({ id, key, project }: Pick<VisibleModel, 'id' | 'key' | 'project'>): string =>
  project === undefined ? key : `projects/${encodeURIComponent(project)}/items/${id}`;

/** The screen of a model's records. */
export const modelHref = ({ key, project }: Pick<VisibleModel, 'key' | 'project'>): string =>
  project === undefined ? `/m/${key}` : `/p/${project}/data/${key}`;

/** The screen of one record. */
export const recordHref = (model: Pick<VisibleModel, 'key' | 'project'>, id: string): string =>
  model.project === undefined ? `/m/${model.key}/${id}` : `${modelHref(model)}/records/${id}`;

const systemKeys = new Set(['id', 'createdAt', 'updatedAt', 'createdBy', 'updatedBy', 'version', 'deletedAt']);

/** Every model has these; they can't be changed. */
export const isSystemField = ({ key }: Pick<Field, 'key'>): boolean => systemKeys.has(key);

/** Whether a value of the field comes with the model's records. */
export const isReadable = (model: VisibleModel, key: string): boolean =>
  model.allowedActions.includes('read') && model.fields.some((field) => field.key === key && field.operators.length > 0);
