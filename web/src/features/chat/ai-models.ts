/** The AI models that can be chosen here. */
import type { listAiModels } from '@piper/shared/ai-providers';
import type { Reply } from '@piper/shared/contract';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../platform/api.ts';

export const aiModelsQuery = queryOptions({
  queryKey: ['ai-models'],
  queryFn: ({ signal }) => api('listAiModels', {}, { signal }),
  staleTime: 60_000,
  meta: { keep: true },
});

type AiModels = Reply<typeof listAiModels>;

/** "Anthropic"; the bare name where the list has not been read. */
export const providerLabel = (models: AiModels | undefined, name: string): string =>
  models?.meta.providers.find((provider) => provider.name === name)?.label ?? name;

/** "GPT-5 · OpenAI" for `openai/gpt-5`, also when the AI model is not offered any more. */
export function describeAiModel(models: AiModels | undefined, id: string): string {
  const slash = id.indexOf('/');
  const name = models?.data.find((model) => model.id === id)?.name ?? id.slice(slash + 1);
  return slash < 0 ? name : `${name} · ${providerLabel(models, id.slice(0, slash))}`;
}
