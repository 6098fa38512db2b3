/** Which prompt, AI model and values a thread goes on with: what was chosen here, else what its last message was asked with. */
import { useState } from 'react';
import type { Choice } from './send.ts';
import type { ChatMessage } from './thread-queries.ts';

interface Chosen {
  promptId: string | undefined;
  aiModel: string | undefined;
  /** Undefined until a value is typed here. */
  variables: Record<string, unknown> | undefined;
}

const storageKey = (threadId: string): string => `piper.choice.${threadId}`;

/** Kept for the tab, so that a reload does not change who answers. */
function readChosen(threadId: string | undefined): Partial<Chosen> {
  try {
    return threadId ? (JSON.parse(sessionStorage.getItem(storageKey(threadId)) ?? '{}') as Partial<Chosen>) : {};
  } catch {
    return {};
  }
}

function writeChosen(threadId: string, { promptId, aiModel }: Chosen): void {
  try {
    sessionStorage.setItem(storageKey(threadId), JSON.stringify({ promptId, aiModel }));
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function useChoice(
  threadId: string | undefined,
  initialPrompt: string | undefined,
  messages: readonly ChatMessage[],
): [Choice, (choice: Choice) => void] {
  const [chosen, setChosen] = useState<Chosen>(() => {
    const { promptId, aiModel } = readChosen(threadId);
    return { promptId: initialPrompt ?? promptId, aiModel, variables: undefined };
  });
  const [keptFor, setKeptFor] = useState(threadId);
  // A thread that was just made inherits what was chosen before it had an id.
  if (keptFor !== threadId) {
    setKeptFor(threadId);
    if (threadId) writeChosen(threadId, chosen);
  }
  const remembered = messages.findLast((message) => message.variables !== null)?.variables ?? {};
  const choose = (choice: Choice): void => {
    setChosen(choice);
    if (threadId) writeChosen(threadId, choice);
  };
  return [{ ...chosen, variables: chosen.variables ?? remembered }, choose];
}
