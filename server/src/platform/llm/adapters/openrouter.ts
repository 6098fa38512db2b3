/** OpenRouter: many providers behind one key; the only list that tells prices and capabilities. */
import { bearer, entriesOf, noKey, numberOf, stringOf, type Adapter, type ListedModel } from './adapter.ts';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const has = (list: unknown, word: string): boolean => Array.isArray(list) && list.includes(word);

function readModel(entry: Record<string, unknown>): ListedModel[] {
  const id = stringOf(entry['id']);
  const about = isObject(entry['architecture']) ? entry['architecture'] : {};
  const writesText = !Array.isArray(about['output_modalities']) || has(about['output_modalities'], 'text');
  if (id === undefined || !writesText) return [];
  return [
    {
      id,
      name: stringOf(entry['name']) ?? id,
      contextTokens: numberOf(entry['context_length']),
      price: priceOf(entry['pricing']),
      capabilities: {
        tools: has(entry['supported_parameters'], 'tools'),
        images: has(about['input_modalities'], 'image'),
        files: has(about['input_modalities'], 'file'),
        reasoning: has(entry['supported_parameters'], 'reasoning'),
      },
    },
  ];
}

/** Dollars per token, as text; -1 means that it depends. */
function priceOf(pricing: unknown): ListedModel['price'] {
  if (!isObject(pricing)) return null;
  const input = Number.parseFloat(String(pricing['prompt']));
  const output = Number.parseFloat(String(pricing['completion']));
  if (!(input >= 0 && output >= 0)) return null;
  return { input: millionths(input), output: millionths(output) };
}

const millionths = (dollars: number): number => Math.round(dollars * 1e12) / 1e6;

export const openRouter: Adapter = {
  name: 'openrouter',
  label: 'OpenRouter',
  needsKey: true,
  defaultBaseUrl: 'https://openrouter.ai/api/v1',
  basePath: '/api/v1',
  preferred: ['openrouter/auto'],
  async openModel(aiModel, { apiKey, baseUrl, fetch }) {
    const { createOpenRouter } = await import('@openrouter/ai-sdk-provider');
    // Without `strict` it does not ask for usage.
    const sdk = createOpenRouter({ apiKey: apiKey ?? noKey, baseURL: baseUrl, fetch, compatibility: 'strict', appName: 'Piper' });
    return sdk.chat(aiModel, { usage: { include: true } });
  },
  list: { path: '/models', headers: bearer, read: (body) => entriesOf(body, 'data').flatMap(readModel) },
};
