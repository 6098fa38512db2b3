/** Behaviour chosen by the requested model's name, so that a browser or a benchmark can ask for it without a back channel. */
import type { Call } from './protocol.ts';
import { answer, cutShort, refuse, tokensOf, type Script, type Step } from './script.ts';

const sentence = 'The quick brown fox jumps over the lazy dog, and nobody minds at all. ';

/** `fake-stream-<tokens>x<ms>`: that many tokens, one every so many milliseconds. */
const streamPattern = /^fake-stream-(\d+)x(\d+)$/;

const longMarkdown = [
  '# A heading\n\n',
  'Some **bold** text, a [link](https://example.com) and `code`.\n\n',
  '```ts\nconst answer: number = 42;\n```\n\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\n\n',
  '- first\n- second\n',
];

const weatherCall: Step = { do: 'tool', id: 'call_1', name: 'get_weather', input: { city: 'Zürich' } };
const hasToolResult = (call: Call): boolean =>
  JSON.stringify(call.body).match(/"role":"tool"|tool_result|function_call_output|functionResponse/) !== null;

type Make = (call: Call) => Script;
const named: Record<string, Make> = {
  'fake-echo': (call) => answer(`You said: ${call.lastUserText}`),
  'fake-slow': () => answer(sentence.repeat(4), { delayMs: 150 }),
  'fake-markdown': () => answer(longMarkdown, { delayMs: 20 }),
  'fake-utf8': () => answer('Grüße 👩‍👩‍👧‍👦 – 日本語 €', { splitBytes: 3 }),
  'fake-reasoning': () =>
    answer('Forty-two.', { reasoning: 'Let me think about it.', usage: { input: 12, output: 9, reasoning: 6 } }),
  'fake-tool': (call) =>
    hasToolResult(call)
      ? answer('It is sunny.')
      : { steps: [weatherCall, { do: 'finish', reason: 'tool', usage: { input: 12, output: 5 } }] },
  'fake-length': () => answer('This answer is cut', { finish: 'length' }),
  'fake-filter': () => answer('', { finish: 'filter' }),
  'fake-error': () => cutShort('It begins well', { do: 'error', kind: 'server' }),
  'fake-drop': () => cutShort('It begins well', { do: 'drop' }),
  'fake-cut': () => cutShort('It begins well', { do: 'end' }),
  'fake-broken-json': () => cutShort('It begins well', { do: 'raw', data: 'data: {"choices":[{"delta":{"content":\n\n' }),
  'fake-silence': () => cutShort('It begins well', { do: 'hang' }),
  'fake-hang': () => ({ connection: 'silent' }),
  'fake-reset': () => ({ connection: 'reset' }),
  'fake-429': () => refuse('rate', { headers: { 'retry-after': '1' } }),
  'fake-500': () => refuse('server'),
  'fake-401': () => refuse('auth'),
  'fake-quota': () => refuse('quota'),
  'fake-context': () => refuse('context'),
};

export const namedModels: readonly string[] = [...Object.keys(named), 'fake-stream-150x66'];

/** The script of a model's name; names that mean nothing here echo. */
export function scriptForModel(call: Call): Script {
  const name = call.model.split('/').at(-1) ?? call.model;
  const stream = streamPattern.exec(name);
  if (stream) return answer(repeatTokens(Number(stream[1])), { delayMs: Number(stream[2]) });
  return (named[name] ?? named['fake-echo']!)(call);
}

function repeatTokens(count: number): string[] {
  const words = tokensOf(sentence.trim());
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? words[0]! : (i % words.length === 0 ? ' ' : '') + words[i % words.length]!,
  );
}
