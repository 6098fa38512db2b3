/** The AI models that can be chosen here. */
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../platform/api.ts';

export const aiModelsQuery = queryOptions({
  queryKey: ['ai-models'],
  queryFn: ({ signal }) => api('listAiModels', {}, { signal }),
  staleTime: 60_000,
  meta: { keep: true },
});
