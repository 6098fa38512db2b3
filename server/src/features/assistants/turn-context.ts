/** What an AI model is given: the prompt, and as much of the branch as fits, cut from the oldest on. */
import { renderPrompt } from '@piper/shared/prompts-template';
import { limits } from '@piper/shared/limits';
import { fail } from '@piper/shared/errors';
import type { Ctx } from '#platform/ctx';
import type { AiModel, ChatContent, ChatMessage } from '#platform/llm/provider';
import { pinnedPromptVersion } from '#features/prompts';
import { listContext, listFilesOf, type ContextRow } from '#features/threads';
import { readAttachments, type Attachments } from './attachments.ts';
import type { TurnInput } from './turn-input.ts';

const neutralPrompt =
  'You are a helpful assistant. Answer in the language you are asked in. Say so when you do not know something.';

const goOn =
  'Your last answer was cut off. Go on exactly where it stopped: do not repeat anything that is already there, do not begin anew, and add no introduction.';

/** Characters per token, on the safe side: English has about 4, code and most other languages fewer. */
const charactersPerToken = 3;
/** Of an AI model's context, for the question and what came before it; the rest is for the prompt and the answer. */
const shareForHistory = 0.6;

/** Characters of the branch to send to this AI model. */
export function historyBudget(aiModel: Pick<AiModel, 'contextTokens'> | null): number {
  const tokens = aiModel?.contextTokens;
  return tokens === null || tokens === undefined
    ? limits.contextCharacters
    : Math.floor(tokens * charactersPerToken * shareForHistory);
}

export interface ContextInput {
  turn: TurnInput;
  characters: number;
  /** Asked only when there are files. */
  capabilities: () => Promise<AiModel['capabilities'] | null>;
  prefix: string | undefined;
}

/** The messages to send, the prompt first. */
export async function buildContext(ctx: Ctx, { turn, characters, capabilities, prefix }: ContextInput): Promise<ChatMessage[]> {
  const bounds = { messages: limits.contextMessages, characters };
  const [prompt, newestFirst] = await Promise.all([promptMessage(ctx, turn), listContext(ctx.db, turn.userMessageId, bounds)]);
  const history = beginWithQuestion(newestFirst.toReversed());
  const withFiles = history.filter((row) => row.hasFiles).map((row) => row.id);
  const files = await listFilesOf(ctx.db, withFiles);
  const attachments: Attachments = files.size === 0 ? new Map() : await readAttachments(ctx, files, await capabilities());
  const tail: ChatMessage[] = prefix
    ? [
        { role: 'assistant', content: prefix },
        { role: 'user', content: [{ type: 'text', text: goOn }] },
      ]
    : [];
  return [prompt, ...history.flatMap((row) => toChatMessage(row, attachments)), ...tail];
}

/** Where the cut falls between a question and its answer, the answer goes too: providers want a conversation to begin with a question. */
function beginWithQuestion(rows: readonly ContextRow[]): readonly ContextRow[] {
  const first = rows.findIndex((row) => row.role === 'user');
  return first < 0 ? rows : rows.slice(first);
}

async function promptMessage(ctx: Ctx, turn: TurnInput): Promise<ChatMessage> {
  const version = turn.promptVersionId === undefined ? undefined : await pinnedPromptVersion(ctx, turn.promptVersionId);
  if (!version) return { role: 'system', content: neutralPrompt };
  const rendered = renderPrompt(version.content, version.variables as Parameters<typeof renderPrompt>[1], turn.variables ?? {});
  if (!rendered.ok) fail('variable_missing', rendered.problems.map((problem) => problem.message).join(' '));
  if (version.role === 'user') return { role: 'user', content: [{ type: 'text', text: rendered.text }] };
  return { role: 'system', content: rendered.text };
}

/** Answers that brought no text (they failed, or were stopped at once) are left out; providers refuse empty messages. */
function toChatMessage(row: ContextRow, attachments: Attachments): ChatMessage[] {
  if (row.role === 'user') {
    const said: ChatContent[] = row.text === '' ? [] : [{ type: 'text', text: row.text }];
    const content = [...said, ...(attachments.get(row.id) ?? [])];
    return content.length === 0 ? [] : [{ role: 'user', content }];
  }
  if (row.text.trim() === '') return [];
  return [row.role === 'assistant' ? { role: 'assistant', content: row.text } : { role: 'system', content: row.text }];
}
