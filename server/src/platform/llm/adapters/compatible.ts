/** Any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, LM Studio, gateways. */
import { bearer, entriesOf, noKey, numberOf, stringOf, type Adapter, type Connection, type ListedModel } from './adapter.ts';

/** A chat-completions model of any compatible server. */
export async function openCompatible(name: string, aiModel: string, { apiKey, baseUrl, fetch }: Connection) {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const sdk = createOpenAICompatible({
    name,
    baseURL: baseUrl,
    apiKey: apiKey ?? noKey,
    fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return sdk.chatModel(aiModel);
}

const notForChat = /embed|whisper|\btts\b|rerank|moderation|stable-diffusion/i;
const seesImages = /vision|llava|[-.]vl\b|-vl-|pixtral|gemma-?3|minicpm-v|gpt-4o|gpt-4\.1|gpt-5/i;
const thinks = /\br1\b|qwq|qwen3|gpt-oss|magistral|reason|think/i;

/** Such a list holds little but ids; capabilities are read from the names, and tools are assumed. */
export function readCompatibleList(body: unknown): ListedModel[] {
  return entriesOf(body, 'data').flatMap((entry) => {
    const id = stringOf(entry['id']);
    if (id === undefined || notForChat.test(id)) return [];
    const images = seesImages.test(id);
    return [
      {
        id,
        name: stringOf(entry['name']) ?? id,
        // vLLM's word for it.
        contextTokens: numberOf(entry['max_model_len']) ?? numberOf(entry['context_length']),
        price: null,
        capabilities: { tools: true, images, files: false, reasoning: thinks.test(id) },
      },
    ];
  });
}

const compatible = (name: string, label: string): Adapter => ({
  name,
  label,
  needsKey: false,
  defaultBaseUrl: undefined,
  basePath: '/v1',
  preferred: [],
  openModel: (aiModel, connection) => openCompatible(name, aiModel, connection),
  list: { path: '/models', headers: bearer, read: readCompatibleList },
});

export const ollama = compatible('ollama', 'Ollama');
/** For vLLM and all the others; configured in the settings. */
export const compatibleServer = compatible('compatible', 'OpenAI-compatible server');
