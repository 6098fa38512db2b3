/** OpenAI's `/responses`. */
import { openAiErrors, openAiModels, openAiRefusal } from './openai-chat.ts';
import { pieces, sse, type Call, type Collected, type Encoder, type Protocol } from './protocol.ts';
import type { FakeUsage, FinishKind } from './script.ts';

const usageOf = (usage: FakeUsage) => ({
  input_tokens: usage.input,
  input_tokens_details: { cached_tokens: usage.cached ?? 0 },
  output_tokens: usage.output,
  output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  total_tokens: usage.input + usage.output,
});

const incomplete: Partial<Record<FinishKind, string>> = { length: 'max_output_tokens', filter: 'content_filter' };

function responseOf(call: Call, status: string, extra: object = {}): object {
  return {
    id: 'resp_fake',
    object: 'response',
    created_at: 1_780_000_000,
    status,
    error: null,
    incomplete_details: null,
    model: call.model,
    output: [],
    parallel_tool_calls: true,
    tools: [],
    usage: null,
    ...extra,
  };
}

function encoder(call: Call): Encoder {
  let sequence = 0;
  let outputIndex = -1;
  let open: { type: 'message' | 'reasoning'; id: string; text: string } | undefined;
  const event = (type: string, fields: object) => sse({ type, sequence_number: sequence++, ...fields }, type);

  const item = (type: 'message' | 'reasoning', id: string, text: string, done: boolean) =>
    type === 'message'
      ? {
          id,
          type,
          status: done ? 'completed' : 'in_progress',
          role: 'assistant',
          content: done ? [{ type: 'output_text', text, annotations: [] }] : [],
        }
      : { id, type, summary: done ? [{ type: 'summary_text', text }] : [] };

  const close = (): string => {
    if (!open) return '';
    const { type, id, text } = open;
    open = undefined;
    const at = { item_id: id, output_index: outputIndex };
    const end =
      type === 'message'
        ? event('response.output_text.done', { ...at, content_index: 0, text }) +
          event('response.content_part.done', { ...at, content_index: 0, part: { type: 'output_text', text, annotations: [] } })
        : event('response.reasoning_summary_text.done', { ...at, summary_index: 0, text }) +
          event('response.reasoning_summary_part.done', { ...at, summary_index: 0, part: { type: 'summary_text', text } });
    return end + event('response.output_item.done', { output_index: outputIndex, item: item(type, id, text, true) });
  };

  const start = (type: 'message' | 'reasoning'): string => {
    if (open?.type === type) return '';
    const closed = close();
    outputIndex++;
    open = { type, id: `${type === 'message' ? 'msg' : 'rs'}_${outputIndex}`, text: '' };
    const at = { item_id: open.id, output_index: outputIndex };
    const added = event('response.output_item.added', { output_index: outputIndex, item: item(type, open.id, '', false) });
    const part =
      type === 'message'
        ? event('response.content_part.added', {
            ...at,
            content_index: 0,
            part: { type: 'output_text', text: '', annotations: [] },
          })
        : event('response.reasoning_summary_part.added', { ...at, summary_index: 0, part: { type: 'summary_text', text: '' } });
    return closed + added + part;
  };

  const delta = (type: 'message' | 'reasoning', text: string): string => {
    const before = start(type);
    open!.text += text;
    const at = { item_id: open!.id, output_index: outputIndex, delta: text };
    return (
      before +
      (type === 'message'
        ? event('response.output_text.delta', { ...at, content_index: 0 })
        : event('response.reasoning_summary_text.delta', { ...at, summary_index: 0 }))
    );
  };

  return {
    begin: () =>
      event('response.created', { response: responseOf(call, 'in_progress') }) +
      event('response.in_progress', { response: responseOf(call, 'in_progress') }),
    text: (text) => delta('message', text),
    reasoning: (text) => delta('reasoning', text),
    tool({ id, name, input }) {
      const closed = close();
      outputIndex++;
      const json = JSON.stringify(input);
      const call_ = { id: `fc_${outputIndex}`, type: 'function_call', call_id: id, name };
      const at = { item_id: call_.id, output_index: outputIndex };
      return (
        closed +
        event('response.output_item.added', {
          output_index: outputIndex,
          item: { ...call_, status: 'in_progress', arguments: '' },
        }) +
        pieces(json)
          .map((part) => event('response.function_call_arguments.delta', { ...at, delta: part }))
          .join('') +
        event('response.function_call_arguments.done', { ...at, arguments: json }) +
        event('response.output_item.done', {
          output_index: outputIndex,
          item: { ...call_, status: 'completed', arguments: json },
        })
      );
    },
    error(kind) {
      const { message, code, type } = openAiErrors[kind];
      return event('error', { error: { type, code: code ?? type, message, param: null } });
    },
    finish(reason, usage) {
      const cut = incomplete[reason];
      const extra = { usage: usage ? usageOf(usage) : null, ...(cut ? { incomplete_details: { reason: cut } } : {}) };
      const status = cut ? 'incomplete' : 'completed';
      return close() + event(`response.${status}`, { response: responseOf(call, status, extra) });
    },
  };
}

function whole(call: Call, result: Collected): object {
  const message = {
    id: 'msg_0',
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text: result.text, annotations: [] }],
  };
  const tools = result.tools.map((t, i) => ({
    id: `fc_${i}`,
    type: 'function_call',
    status: 'completed',
    call_id: t.id,
    name: t.name,
    arguments: JSON.stringify(t.input),
  }));
  return responseOf(call, 'completed', {
    output: [...(result.text ? [message] : []), ...tools],
    usage: result.usage ? usageOf(result.usage) : null,
  });
}

export const openAiResponses: Protocol = {
  name: 'openai-responses',
  encoder,
  whole,
  refusal: openAiRefusal,
  models: openAiModels,
};
