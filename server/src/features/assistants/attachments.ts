/** Attached files as an AI model can take them: texts as text, images and documents as they are where it reads them, else a note. */
import { PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '#platform/ctx';
import type { AiModel, ChatContent } from '#platform/llm/provider';
import { readFileContent, readFileText } from '#features/files';
import type { MessageFile } from '#features/threads';

/** By message. */
export type Attachments = Map<string, ChatContent[]>;

type Capabilities = AiModel['capabilities'] | null;

/** Characters of one file's text; the rest is named, not sent. */
const textShare = 48_000;

/** Reads the files, newest message first, until the bytes of one turn are used up. */
export async function readAttachments(
  ctx: Ctx,
  files: ReadonlyMap<string, MessageFile[]>,
  capabilities: Capabilities,
): Promise<Attachments> {
  const budget = { bytes: limits.contextFileBytes };
  const result: Attachments = new Map();
  for (const [messageId, ofMessage] of [...files].toReversed()) {
    const contents: ChatContent[] = [];
    for (const file of ofMessage) contents.push(await readAttachment(ctx, file, capabilities, budget));
    result.set(messageId, contents);
  }
  return result;
}

/** A file that was deleted meanwhile, or that its reader may no longer see, must not fail the turn. */
async function readAttachment(...args: Parameters<typeof readPresentAttachment>): Promise<ChatContent> {
  try {
    return await readPresentAttachment(...args);
  } catch (error) {
    if (error instanceof PiperError && error.code === 'not_found') return note(args[1], 'it is no longer there');
    throw error;
  }
}

async function readPresentAttachment(
  ctx: Ctx,
  file: MessageFile,
  capabilities: Capabilities,
  budget: { bytes: number },
): Promise<ChatContent> {
  const text = await readFileText(ctx, file.id);
  if (text !== null) return { type: 'text', text: describeText(file, text) };
  const readable = file.mediaType.startsWith('image/') ? capabilities?.images : capabilities?.files;
  if (!readable) return note(file, 'this AI model can not read such files');
  if (file.size > budget.bytes) return note(file, 'it is too large to be sent');
  budget.bytes -= file.size;
  const { body } = await readFileContent(ctx, file.id);
  return { type: 'file', mediaType: file.mediaType, name: file.name, data: Buffer.concat(await body.toArray()) };
}

function describeText(file: MessageFile, text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  const cut = text.length > textShare ? `${text.slice(0, textShare).toWellFormed()}\n[cut: the file goes on]` : text;
  return `Attached file ${JSON.stringify(file.name)}:\n${fence}\n${cut}\n${fence}`;
}

/** Backticks in the text must not end its fence. */
const longestRun = (text: string): number => Math.max(0, ...Array.from(text.matchAll(/`{3,}/g), (match) => match[0].length));

const note = (file: MessageFile, why: string): ChatContent => ({
  type: 'text',
  text: `[The attached file ${JSON.stringify(file.name)} (${file.mediaType}) is not shown: ${why}.]`,
});
