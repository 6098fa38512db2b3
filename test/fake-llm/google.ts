/** Google's `models/<id>:streamGenerateContent?alt=sse` and `:generateContent`. */
import { sse, type Call, type Collected, type Encoder, type Protocol } from './protocol.ts';
import type { FakeUsage, RefusalKind } from './script.ts';

const finishReasons = { stop: 'STOP', length: 'MAX_TOKENS', tool: 'STOP', filter: 'SAFETY' } as const;

const errors: Record<RefusalKind, { code: number; status: string; message: string; details?: object[] }> = {
  auth: {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'API key not valid. Please pass a valid API key.',
    details: [{ reason: 'API_KEY_INVALID' }],
  },
  quota: {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  rate: {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'Resource has been exhausted (per minute).',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.05s' }],
  },
  context: {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).',
  },
  bad: { code: 400, status: 'INVALID_ARGUMENT', message: 'Invalid value at generation_config.temperature.' },
  server: { code: 500, status: 'INTERNAL', message: 'An internal error has occurred.' },
  overloaded: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
  'unknown-model': { code: 404, status: 'NOT_FOUND', message: 'models/nope is not found for API version v1beta.' },
  content: { code: 400, status: 'INVALID_ARGUMENT', message: 'The prompt was blocked by the safety settings.' },
};

const usageOf = (usage: FakeUsage) => ({
  promptTokenCount: usage.input,
  candidatesTokenCount: usage.output - (usage.reasoning ?? 0),
  totalTokenCount: usage.input + usage.output,
  cachedContentTokenCount: usage.cached ?? 0,
  thoughtsTokenCount: usage.reasoning ?? 0,
});

const chunkOf = (call: Call, parts: object[], extra: { finishReason?: string; usage?: FakeUsage | undefined } = {}): object => ({
  candidates: [
    { content: { role: 'model', parts }, index: 0, ...(extra.finishReason ? { finishReason: extra.finishReason } : {}) },
  ],
  ...(extra.usage ? { usageMetadata: usageOf(extra.usage) } : {}),
  modelVersion: call.model,
  responseId: 'fake',
});

function encoder(call: Call): Encoder {
  return {
    begin: () => '',
    text: (text) => sse(chunkOf(call, [{ text }])),
    reasoning: (text) => sse(chunkOf(call, [{ text, thought: true }])),
    tool: ({ id, name, input }) => sse(chunkOf(call, [{ functionCall: { id, name, args: input } }])),
    error: (kind) => sse({ error: errors[kind] }),
    finish: (reason, usage) => sse(chunkOf(call, [{ text: '' }], { finishReason: finishReasons[reason], usage })),
  };
}

function whole(call: Call, result: Collected): object {
  const parts = [
    ...(result.text ? [{ text: result.text }] : []),
    ...result.tools.map((t) => ({ functionCall: { id: t.id, name: t.name, args: t.input } })),
  ];
  return chunkOf(call, parts, { finishReason: finishReasons[result.reason], usage: result.usage });
}

export const google: Protocol = {
  name: 'google',
  encoder,
  whole,
  refusal: (kind) => ({ status: errors[kind].code, body: { error: errors[kind] } }),
  models: (ids) => ({
    models: ids.map((id) => ({
      name: `models/${id}`,
      displayName: `Fake ${id}`,
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    })),
  }),
};
