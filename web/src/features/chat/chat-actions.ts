/** What messages can ask of their conversation, handed down past the list that shows them. */
import { createContext, use } from 'react';
import type { ChatMessage } from './thread-queries.ts';

export interface Actions {
  /** Throws when the server refuses it. */
  edit: (message: ChatMessage, text: string) => Promise<void>;
  regenerate: (message: ChatMessage) => void;
  goOn: (message: ChatMessage) => void;
  switchTo: (message: ChatMessage, id: string) => void;
}

const Context = createContext<Actions | undefined>(undefined);
export const ChatActions = Context;

export function useChatActions(): Actions {
  const actions = use(Context);
  if (!actions) throw new Error('A message is shown outside of a conversation');
  return actions;
}
