/** OpenAI's `/chat/completions`, as OpenAI and the servers compatible with it speak it; and OpenRouter's dialect of it. */
import { pieces, sse, type Call, type Collected, type Encoder, type Protocol } from './protocol.ts';
import type { FakeUsage, FinishKind, RefusalKind } from './script.ts';

const finishReasons = { stop: 'stop', length: 'length', tool: 'tool_calls', filter: 'content_filter' } as const;

interface OpenAiError {
  status: number;
  message: string;
  type: string;
  code: string | null;
}

export const openAiErrors: Record<RefusalKind, OpenAiError> = {
  auth: {
    status: 401,
    message: 'Incorrect API key provided: sk-fake**********7890.',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
  },
  quota: {
    status: 429,
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  },
  rate: { status: 429, message: 'Rate limit reached for requests', type: 'requests', code: 'rate_limit_exceeded' },
  context: {
    status: 400,
    message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
  },
  bad: {
    status: 400,
    message: 'Unsupported value: temperature does not support 7.',
    type: 'invalid_request_error',
    code: 'unsupported_value',
  },
  server: { status: 500, message: 'The server had an error while processing your request.', type: 'server_error', code: null },
  overloaded: {
    status: 503,
    message: 'The engine is currently overloaded, please try again later.',
    type: 'server_error',
    code: null,
  },
  'unknown-model': {
    status: 404,
    message: 'The model `nope` does not exist',
    type: 'invalid_request_error',
    code: 'model_not_found',
  },
  content: {
    status: 400,
    message: 'Your request was rejected by the safety system.',
    type: 'invalid_request_error',
    code: 'content_policy_violation',
  },
};

function usageOf(usage: FakeUsage) {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
}

function chatEncoder(call: Call, dialect: 'openai' | 'openrouter'): Encoder {
  const head = { id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 1_780_000_000, model: call.model };
  const chunk = (delta: object, finish: string | null = null) =>
    sse({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] });
  const options = call.body['stream_options'] as { include_usage?: boolean } | undefined;
  const accounting = call.body['usage'] as { include?: boolean } | undefined;
  const withUsage = options?.include_usage === true || accounting?.include === true;
  let toolIndex = 0;
  return {
    begin: () => (dialect === 'openrouter' ? ': OPENROUTER PROCESSING\n\n' : '') + chunk({ role: 'assistant', content: '' }),
    text: (text) => chunk({ content: text }),
    reasoning: (text) => chunk(dialect === 'openrouter' ? { reasoning: text } : { reasoning_content: text }),
    tool({ id, name, input }) {
      const index = toolIndex++;
      const first = chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
      const rest = pieces(JSON.stringify(input)).map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] }));
      return first + rest.join('');
    },
    error: (kind) => errorFrame(head, kind, dialect),
    finish(reason: FinishKind, usage) {
      const usageFrame = usage && withUsage ? sse({ ...head, choices: [], usage: usageOf(usage) }) : '';
      return chunk({}, finishReasons[reason]) + usageFrame + sse('[DONE]');
    },
  };
}

function errorFrame(head: object, kind: RefusalKind, dialect: 'openai' | 'openrouter'): string {
  const { status, message, type, code } = openAiErrors[kind];
  if (dialect === 'openai') return sse({ error: { message, type, param: null, code } }) + sse('[DONE]');
  return (
    sse({ ...head, error: { code: status, message }, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] }) +
    sse('[DONE]')
  );
}

function whole(call: Call, result: Collected): object {
  const toolCalls = result.tools.map((t) => ({
    id: t.id,
    type: 'function',
    function: { name: t.name, arguments: JSON.stringify(t.input) },
  }));
  const message = { role: 'assistant', content: result.text, ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}) };
  return {
    id: 'chatcmpl-fake',
    object: 'chat.completion',
    created: 1_780_000_000,
    model: call.model,
    choices: [{ index: 0, message, finish_reason: finishReasons[result.reason] }],
    ...(result.usage ? { usage: usageOf(result.usage) } : {}),
  };
}

export const openAiModels = (ids: readonly string[]): object => ({
  object: 'list',
  data: ids.map((id) => ({ id, object: 'model', created: 1_780_000_000, owned_by: 'fake' })),
});

export const openAiRefusal = (kind: RefusalKind) => {
  const { status, message, type, code } = openAiErrors[kind];
  return { status, body: { error: { message, type, param: null, code } } };
};

export const openAiChat: Protocol = {
  name: 'openai-chat',
  encoder: (call) => chatEncoder(call, 'openai'),
  whole,
  refusal: openAiRefusal,
  models: openAiModels,
};

export const openRouter: Protocol = {
  name: 'openrouter',
  encoder: (call) => chatEncoder(call, 'openrouter'),
  whole,
  refusal(kind) {
    const { message } = openAiErrors[kind];
    const status = kind === 'quota' ? 402 : openAiErrors[kind].status;
    return { status, body: { error: { code: status, message }, user_id: 'user_fake' } };
  },
  models: (ids) => ({
    data: ids.map((id) => ({
      id,
      name: `Fake: ${id}`,
      created: 1_780_000_000,
      context_length: 128_000,
      architecture: { input_modalities: ['text', 'image', 'file'], output_modalities: ['text'], tokenizer: 'Other' },
      pricing: { prompt: '0.0000025', completion: '0.00001', request: '0', image: '0' },
      supported_parameters: ['tools', 'temperature', 'max_tokens', 'reasoning'],
    })),
  }),
};
