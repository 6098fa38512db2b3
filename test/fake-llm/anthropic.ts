/** Anthropic's `/v1/messages`. */
import { pieces, sse, type Call, type Collected, type Encoder, type Protocol } from './protocol.ts';
import type { FakeUsage, RefusalKind } from './script.ts';

const stopReasons = { stop: 'end_turn', length: 'max_tokens', tool: 'tool_use', filter: 'refusal' } as const;

const errors: Record<RefusalKind, { status: number; type: string; message: string }> = {
  auth: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
  quota: { status: 400, type: 'invalid_request_error', message: 'Your credit balance is too low to access the Anthropic API.' },
  rate: { status: 429, type: 'rate_limit_error', message: 'This request would exceed the rate limit of your organization.' },
  context: { status: 400, type: 'invalid_request_error', message: 'prompt is too long: 205000 tokens > 200000 maximum' },
  bad: { status: 400, type: 'invalid_request_error', message: 'temperature: range: 0..1' },
  server: { status: 500, type: 'api_error', message: 'Internal server error' },
  overloaded: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
  'unknown-model': { status: 404, type: 'not_found_error', message: 'model: nope' },
  content: { status: 400, type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
};

const usageOf = (usage: FakeUsage | undefined) => ({
  input_tokens: usage?.input ?? 0,
  output_tokens: usage?.output ?? 0,
  cache_read_input_tokens: usage?.cached ?? 0,
  cache_creation_input_tokens: 0,
});

const errorBody = (kind: RefusalKind) => ({ type: 'error', error: { type: errors[kind].type, message: errors[kind].message } });

function encoder(call: Call): Encoder {
  let index = -1;
  let open: 'text' | 'thinking' | undefined;
  const event = (type: string, fields: object = {}) => sse({ type, ...fields }, type);
  const delta = (fields: object) => event('content_block_delta', { index, delta: fields });
  const close = (): string => {
    if (!open) return '';
    const signature = open === 'thinking' ? delta({ type: 'signature_delta', signature: 'c2lnbmVk' }) : '';
    open = undefined;
    return signature + event('content_block_stop', { index });
  };
  const start = (type: 'text' | 'thinking'): string => {
    if (open === type) return '';
    const closed = close();
    open = type;
    index++;
    const block = type === 'text' ? { type, text: '' } : { type, thinking: '', signature: '' };
    return closed + event('content_block_start', { index, content_block: block });
  };
  return {
    begin() {
      const message = {
        id: 'msg_fake',
        type: 'message',
        role: 'assistant',
        model: call.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
      };
      return (
        event('message_start', {
          message: { ...message, usage: { ...usageOf(undefined), input_tokens: 12, output_tokens: 1 } },
        }) + event('ping')
      );
    },
    text: (text) => start('text') + delta({ type: 'text_delta', text }),
    reasoning: (thinking) => start('thinking') + delta({ type: 'thinking_delta', thinking }),
    tool({ id, name, input }) {
      const closed = close();
      index++;
      return (
        closed +
        event('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } }) +
        pieces(JSON.stringify(input))
          .map((partial_json) => delta({ type: 'input_json_delta', partial_json }))
          .join('') +
        event('content_block_stop', { index })
      );
    },
    error: (kind) => sse(errorBody(kind), 'error'),
    finish: (reason, usage) =>
      close() +
      event('message_delta', { delta: { stop_reason: stopReasons[reason], stop_sequence: null }, usage: usageOf(usage) }) +
      event('message_stop'),
  };
}

function whole(call: Call, result: Collected): object {
  return {
    id: 'msg_fake',
    type: 'message',
    role: 'assistant',
    model: call.model,
    content: [
      ...(result.text ? [{ type: 'text', text: result.text }] : []),
      ...result.tools.map((t) => ({ type: 'tool_use', id: t.id, name: t.name, input: t.input })),
    ],
    stop_reason: stopReasons[result.reason],
    stop_sequence: null,
    usage: usageOf(result.usage),
  };
}

export const anthropic: Protocol = {
  name: 'anthropic',
  encoder,
  whole,
  refusal: (kind) => ({ status: errors[kind].status, body: errorBody(kind) }),
  models: (ids) => ({
    data: ids.map((id) => ({ type: 'model', id, display_name: `Fake ${id}`, created_at: '2026-01-01T00:00:00Z' })),
    has_more: false,
    first_id: ids[0] ?? null,
    last_id: ids.at(-1) ?? null,
  }),
};
