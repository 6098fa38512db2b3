/** The conversation with the provider: asks, streams what comes, carries out the tool calls, asks again. */
import { createHash } from 'node:crypto';
import { fail, PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { FinishReason, Usage } from '@piper/shared/stream/parts';
import type { Ctx } from '#platform/ctx';
import type { ChatMessage, ProviderPart } from '#platform/llm/provider';
import type { RunHandle } from '#platform/runs/kind';
import { findTools, type AiTool } from './tools.ts';
import { prefixId, type Recorder } from './turn-recorder.ts';
import type { TurnInput } from './turn-input.ts';

export interface Spent {
  usage: Usage | null;
}

export interface AnswerInput {
  run: RunHandle<TurnInput>;
  recorder: Recorder;
  messages: ChatMessage[];
  /** Filled while the answer comes, so that it is known however the answer ends. */
  spent: Spent;
}

type ToolCall = Extract<ProviderPart, { type: 'tool-call' }>;
type ToolResult = Extract<ChatMessage, { role: 'tool' }>['results'][number];

interface Round {
  text: string;
  calls: ToolCall[];
  reason: Extract<ProviderPart, { type: 'finish' }>['reason'];
}

/** Streams one answer into the recorder. Throws what the provider throws, and the signal's reason when it is aborted. */
export async function streamAnswer({ run, recorder, messages, spent }: AnswerInput): Promise<FinishReason> {
  const tools = findTools(run.ctx.deps, run.input.parameters.tools ?? []);
  const said = [...messages];
  const seen = new Map<string, number>();
  for (let round = 0; ; round++) {
    const offered = round < limits.toolRounds ? tools : [];
    const { text, calls, reason } = await streamRound({ run, recorder, messages: said, spent }, offered, round);
    if (reason === 'content-filter') fail('provider_content_refused');
    if (calls.length === 0) return reason === 'length' ? 'length' : 'stop';
    if (round >= limits.toolRounds) return 'stop';
    said.push({ role: 'assistant', content: text, toolCalls: calls.map(({ id, name, input }) => ({ id, name, input })) });
    const results: ToolResult[] = [];
    for (const call of calls) {
      const outcome = await callTool(run, offered, call, seen);
      recorder.push({ type: 'tool-result', id: partId(round, call.id), ...outcome });
      results.push({ id: call.id, name: call.name, ...outcome });
    }
    said.push({ role: 'tool', results });
  }
}

async function streamRound({ run, recorder, messages, spent }: AnswerInput, tools: AiTool[], round: number): Promise<Round> {
  const { aiModel, parameters, projectId, threadId } = run.input;
  const result: Round = { text: '', calls: [], reason: 'other' };
  const stream = run.ctx.deps.llm.stream(run.ctx, {
    aiModel,
    messages,
    projectId,
    threadId,
    signal: run.signal,
    ...(parameters.temperature === undefined ? {} : { temperature: parameters.temperature }),
    ...(parameters.maxTokens === undefined ? {} : { maxTokens: parameters.maxTokens }),
    ...(tools.length === 0 ? {} : { tools: tools.map(({ name, description, input }) => ({ name, description, input })) }),
  });
  for await (const part of stream) {
    if (part.type === 'finish') {
      result.reason = part.reason;
      spent.usage = addUsage(spent.usage, part.usage);
      continue;
    }
    if (part.type === 'text-delta') result.text += part.text;
    if (part.type === 'tool-call') result.calls.push(part);
    recorder.push({ ...part, id: textIdOf(run.input, round, part) });
  }
  return result;
}

/** Providers number their parts anew in each round. A continued text is one text with what is kept of it. */
const partId = (round: number, id: string): string => (round === 0 ? id : `${round}.${id}`);
function textIdOf(turn: TurnInput, round: number, part: { type: string; id: string }): string {
  return turn.continues !== undefined && round === 0 && part.type === 'text-delta' ? prefixId : partId(round, part.id);
}

/** A call that was finished before a crash gives its result again: it is known by tool, input and how often that was asked. */
async function callTool(
  run: RunHandle<TurnInput>,
  tools: AiTool[],
  call: ToolCall,
  seen: Map<string, number>,
): Promise<{ output: unknown } | { error: string }> {
  const tool = tools.find((each) => each.name === call.name);
  if (!tool) return { error: `There is no tool named ${call.name}.` };
  const digest = createHash('sha256')
    .update(JSON.stringify(call.input ?? null))
    .digest('hex')
    .slice(0, 16);
  const key = `tool:${call.name}:${digest}`;
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  const { projectId, threadId } = run.input;
  try {
    const output = await run.step(`${key}:${count}`, tool.effect, (step) =>
      tool.call(run.ctx, call.input, { projectId, threadId, signal: step.signal }),
    );
    return { output: output ?? null };
  } catch (error) {
    if (run.signal.aborted) throw run.signal.reason;
    return { error: explain(run.ctx, call.name, error) };
  }
}

/** The AI model is told what went wrong, so that it can try another way; a bug's message stays inside. */
function explain(ctx: Ctx, tool: string, error: unknown): string {
  if (error instanceof PiperError) return error.message;
  ctx.log.error({ err: error, tool }, 'a tool failed');
  return 'The tool failed.';
}

export function addUsage(a: Usage | null, b: Usage | null): Usage | null {
  if (!a || !b) return a ?? b;
  const add = (x: number | null | undefined, y: number | null | undefined): number | null =>
    x == null && y == null ? null : (x ?? 0) + (y ?? 0);
  return {
    inputTokens: add(a.inputTokens, b.inputTokens),
    outputTokens: add(a.outputTokens, b.outputTokens),
    cachedInputTokens: add(a.cachedInputTokens, b.cachedInputTokens),
    reasoningTokens: add(a.reasoningTokens, b.reasoningTokens),
  };
}
