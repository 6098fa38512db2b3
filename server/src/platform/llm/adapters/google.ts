/** Google's Gemini API. */
import { entriesOf, noKey, numberOf, stringOf, type Adapter } from './adapter.ts';

const notForChat = /embedding|imagen|veo|aqa|tts|image|audio|live|robotics|computer-use/;

export const google: Adapter = {
  name: 'google',
  label: 'Google',
  needsKey: true,
  defaultBaseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  basePath: '/v1beta',
  preferred: ['gemini-3.8-flash', 'gemini-3.5-flash', 'gemini-2.5-flash', 'gemini'],
  async openModel(aiModel, { apiKey, baseUrl, fetch }) {
    const { createGoogle } = await import('@ai-sdk/google');
    return createGoogle({ apiKey: apiKey ?? noKey, baseURL: baseUrl, fetch })(aiModel);
  },
  list: {
    path: '/models?pageSize=1000',
    headers: (apiKey) => ({ 'x-goog-api-key': apiKey }),
    read: (body) =>
      entriesOf(body, 'models').flatMap((entry) => {
        const id = stringOf(entry['name'])?.replace(/^models\//, '');
        const methods = entry['supportedGenerationMethods'];
        if (id === undefined || notForChat.test(id) || !Array.isArray(methods) || !methods.includes('generateContent')) return [];
        const gemini = id.startsWith('gemini');
        const capabilities = { tools: gemini, images: true, files: gemini, reasoning: entry['thinking'] === true };
        return [
          {
            id,
            name: stringOf(entry['displayName']) ?? id,
            contextTokens: numberOf(entry['inputTokenLimit']),
            price: null,
            capabilities,
          },
        ];
      }),
  },
};
