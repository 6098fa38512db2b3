/** A project's data models as those see them who shape them. */
import type { BinnedField, DataModel, Field } from '@piper/shared/data-model';
import type { ModelAction } from '@piper/shared/data-models';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { api } from '../../platform/api.ts';
import { queryClient } from '../../platform/cache.ts';
import { dataModelQuery, isSystemField, type VisibleField, type VisibleModel } from '../../platform/records.ts';

export interface ModelSummary {
  id: string;
  key: string;
  label: string;
  labelPlural: string;
  description: string;
  icon: string;
  fieldCount: number;
  allowedActions: string[];
  isJunction?: boolean;
}

export type DesignedField = VisibleField & Pick<Field, 'id'>;
/** What managers get: the definition with its rules, indexes and bin. */
export type DesignedModel = Omit<VisibleModel, 'fields'> &
  Pick<DataModel, 'rules' | 'indexes' | 'bin' | 'isJunction' | 'formerKeys'> & { fields: DesignedField[] };

export const modelsQuery = (project: string) =>
  queryOptions({
    queryKey: ['data-models', project, 'list'],
    queryFn: async () => (await api('listDataModels', { query: { project } })).data as unknown as ModelSummary[],
    meta: { keep: true },
  });

export const deletedModelsQuery = (project: string) =>
  queryOptions({
    queryKey: ['data-models', project, 'deleted'],
    queryFn: async () => (await api('listDataModels', { query: { project, deleted: true } })).data as unknown as ModelSummary[],
  });

/** The data model of the address; ModelLayout has loaded it. */
export function useModel(): DesignedModel {
  const { project, model = '' } = useParams({ strict: false });
  return useSuspenseQuery(dataModelQuery(model, project)).data as unknown as DesignedModel;
}

/** Everything that shows definitions, or records by them. */
export async function refreshDefinitions(): Promise<void> {
  await Promise.all(
    ['data-models', 'data-model', 'change-sets', 'records', 'record', 'permission-tests'].map((key) =>
      queryClient.invalidateQueries({ queryKey: [key] }),
    ),
  );
}

export const ownFields = (model: DesignedModel): DesignedField[] => model.fields.filter((field) => !isSystemField(field));

/** Of its bin what can be restored by itself: what went with something else comes back with that. */
export const inBin = ({ bin = [] }: Pick<DesignedModel, 'bin'>): BinnedField[] =>
  bin.filter(({ because }) => because === 'deleted' || 'replacedBy' in because);

export const isReplaced = ({ because }: BinnedField): boolean => because !== 'deleted';

export type { ModelAction };
