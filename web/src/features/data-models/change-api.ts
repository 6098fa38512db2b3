/** The change sets of a project, by its slug; or, without one, of the fields the instance's owner added to Piper's own models. */
import type { ChangeSet, ChangeSetDetail, ChangeSetPreview } from '@piper/shared/change-sets';
import { request } from '../../platform/http.ts';

export interface ChangeBody {
  actions: unknown[];
  baseVersion?: number;
  acceptLoss?: boolean;
}

const base = (project: string | undefined): string =>
  project === undefined ? '/api/change-sets' : `/api/projects/${encodeURIComponent(project)}/change-sets`;

export const changeSetsOf = (project: string | undefined) => {
  const path = base(project);
  const post = async <T>(suffix: string, body?: ChangeBody): Promise<T> =>
    (await request<{ data: T }>('POST', path + suffix, body === undefined ? {} : { body })).data;
  return {
    preview: (body: ChangeBody) => post<ChangeSetPreview>('/preview', body),
    /** Null: it changes nothing. */
    apply: (body: ChangeBody) => post<ChangeSetDetail | null>('', body),
    undo: (id: string) => post<ChangeSetDetail>(`/${id}/undo`),
    redo: (id: string) => post<ChangeSetDetail>(`/${id}/redo`),
    read: async (id: string) => (await request<{ data: ChangeSetDetail }>('GET', `${path}/${id}`)).data,
    list: async (query: { limit: number; before?: number }) =>
      (await request<{ data: ChangeSet[] }>('GET', path, { query })).data,
  };
};
