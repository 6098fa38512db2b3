/** Our messages in the SDK's form. */
import type { LanguageModelV4, LanguageModelV4Prompt } from '@openrouter/ai-sdk-provider';
import type { ChatContent, ChatMessage, ChatRequest } from './provider.ts';

export type CallOptions = Parameters<LanguageModelV4['doStream']>[0];
type SdkMessage = LanguageModelV4Prompt[number];
type UserContent = Extract<SdkMessage, { role: 'user' }>['content'];
type ToolContent = Extract<SdkMessage, { role: 'tool' }>['content'];
type ToolOutput = Extract<ToolContent[number], { type: 'tool-result' }>['output'];

/** The options of one call, the signal excepted. */
export function callOptions(request: ChatRequest): CallOptions {
  return {
    prompt: request.messages.map(sdkMessage),
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(request.maxTokens === undefined ? {} : { maxOutputTokens: request.maxTokens }),
    ...(request.tools?.length
      ? {
          tools: request.tools.map((t) => ({
            type: 'function' as const,
            name: t.name,
            description: t.description,
            inputSchema: t.input,
          })),
        }
      : {}),
  };
}

function sdkMessage(message: ChatMessage): SdkMessage {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: message.content.map(userPart) };
    case 'assistant': {
      const text = message.content === '' ? [] : [{ type: 'text' as const, text: message.content }];
      const calls = (message.toolCalls ?? []).map((c) => ({
        type: 'tool-call' as const,
        toolCallId: c.id,
        toolName: c.name,
        input: c.input,
      }));
      return { role: 'assistant', content: [...text, ...calls] };
    }
    case 'tool':
      return {
        role: 'tool',
        content: message.results.map((r) => ({ type: 'tool-result', toolCallId: r.id, toolName: r.name, output: toolOutput(r) })),
      };
  }
}

function toolOutput(result: { output?: unknown; error?: string }): ToolOutput {
  if (result.error !== undefined) return { type: 'error-text', value: result.error };
  if (typeof result.output === 'string') return { type: 'text', value: result.output };
  // What came out of a tool is JSON already: it was stored as such.
  return { type: 'json', value: (result.output ?? null) as Extract<ToolOutput, { type: 'json' }>['value'] };
}

const readable = /^(text\/|application\/(json|xml|yaml|x-yaml|javascript|typescript|x-sh|sql|toml)$)/;

/** Text files go as text: every AI model reads that, few take them as files. */
function userPart(part: ChatContent): UserContent[number] {
  if (part.type === 'text') return { type: 'text', text: part.text };
  if (readable.test(part.mediaType))
    return { type: 'text', text: `File "${part.name}":\n\n${new TextDecoder().decode(part.data)}` };
  return { type: 'file', mediaType: part.mediaType, filename: part.name, data: { type: 'data', data: part.data } };
}
