/** OpenAI. Its own address speaks the responses API; under any other address chat completions are what servers have in common. */
import { bearer, entriesOf, noKey, numberOf, stringOf, type Adapter, type Connection, type ListedModel } from './adapter.ts';
import { openCompatible, readCompatibleList } from './compatible.ts';

const ownHost = (baseUrl: string): boolean => new URL(baseUrl).hostname === 'api.openai.com';

const notForChat =
  /embedding|whisper|tts|dall-e|moderation|davinci|babbage|audio|realtime|transcribe|image|sora|instruct|computer-use|search/;
const thinks = /^(o\d|gpt-5(?!.*chat))/;
const textOnly = /^gpt-3|^o1-mini|^o3-mini|^gpt-4(-0613)?$/;

function readList(body: unknown, baseUrl: string, isOpenAi: (baseUrl: string) => boolean): ListedModel[] {
  if (!isOpenAi(baseUrl)) return readCompatibleList(body);
  return entriesOf(body, 'data')
    .toSorted((a, b) => (numberOf(b['created']) ?? 0) - (numberOf(a['created']) ?? 0))
    .flatMap((entry) => {
      const id = stringOf(entry['id']);
      if (id === undefined || notForChat.test(id)) return [];
      const images = !textOnly.test(id);
      return [
        {
          id,
          name: id,
          contextTokens: null,
          price: null,
          capabilities: { tools: true, images, files: images, reasoning: thinks.test(id) },
        },
      ];
    });
}

async function openResponses(aiModel: string, { apiKey, baseUrl, fetch }: Connection) {
  const { createOpenAI } = await import('@ai-sdk/openai');
  return createOpenAI({ apiKey: apiKey ?? noKey, baseURL: baseUrl, fetch }).responses(aiModel);
}

/** `isOpenAi` tells which addresses speak the responses API. */
export const openAi = (isOpenAi: (baseUrl: string) => boolean = ownHost): Adapter => ({
  name: 'openai',
  label: 'OpenAI',
  needsKey: true,
  defaultBaseUrl: 'https://api.openai.com/v1',
  basePath: '/v1',
  preferred: ['gpt-5.4-mini', 'gpt-5-mini', 'gpt-5', 'gpt-4.1-mini', 'gpt-4o'],
  openModel: (aiModel, connection) =>
    isOpenAi(connection.baseUrl) ? openResponses(aiModel, connection) : openCompatible('openai', aiModel, connection),
  // Piper keeps the conversation itself; nothing is left with the provider.
  adjust: (options) => ({ ...options, providerOptions: { openai: { store: false } } }),
  list: { path: '/models', headers: bearer, read: (body, baseUrl) => readList(body, baseUrl, isOpenAi) },
});
