/** Anthropic. */
import { entriesOf, noKey, numberOf, stringOf, type Adapter } from './adapter.ts';

const apiVersion = '2023-06-01';
/** The SDK cuts this to what a model it knows can write, but gives one it doesn't know only 4,096. */
const answerTokens = { claude: 32_000, other: 4_096 };

export const anthropic: Adapter = {
  name: 'anthropic',
  label: 'Anthropic',
  needsKey: true,
  defaultBaseUrl: 'https://api.anthropic.com/v1',
  basePath: '/v1',
  preferred: ['claude-sonnet-5-5', 'claude-sonnet', 'claude-haiku', 'claude-opus'],
  async openModel(aiModel, { apiKey, baseUrl, fetch }) {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return createAnthropic({ apiKey: apiKey ?? noKey, baseURL: baseUrl, fetch })(aiModel);
  },
  adjust: (options, { aiModel }) => ({
    ...options,
    maxOutputTokens: options.maxOutputTokens ?? (aiModel.includes('claude') ? answerTokens.claude : answerTokens.other),
    // Its scale ends at 1.
    ...(options.temperature === undefined ? {} : { temperature: Math.min(1, options.temperature) }),
  }),
  list: {
    path: '/models?limit=1000',
    headers: (apiKey) => ({ 'x-api-key': apiKey, 'anthropic-version': apiVersion }),
    read: (body) =>
      entriesOf(body, 'data').flatMap((entry) => {
        const id = stringOf(entry['id']);
        if (id === undefined) return [];
        const capabilities = {
          tools: true,
          images: true,
          files: true,
          reasoning: !/claude-(2|3-(haiku|opus|sonnet|5)|instant)/.test(id),
        };
        return [
          {
            id,
            name: stringOf(entry['display_name']) ?? id,
            contextTokens: numberOf(entry['max_input_tokens']),
            price: null,
            capabilities,
          },
        ];
      }),
  },
};
