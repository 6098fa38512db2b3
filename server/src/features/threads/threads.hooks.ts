/** What other features add to conversations. */
import type { Message } from '@piper/shared/threads';
import { contributed } from '#platform/feature';
import type { TxCtx } from '#platform/ctx';

/** Called in the transaction that posts a message; throwing undoes the post. Must be quick: the thread is locked. */
export type OnMessage = (ctx: TxCtx, message: Message) => Promise<void>;

declare module '#platform/feature' {
  interface Feature {
    onMessage?: OnMessage;
  }
}

export async function announceMessage(ctx: TxCtx, message: Message): Promise<void> {
  for (const onMessage of contributed(ctx.deps.features, 'onMessage')) await onMessage(ctx, message);
}
