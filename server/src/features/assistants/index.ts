/** Assistants: prompts that take part in threads. Their turns are durable runs; `local` answers where no AI is configured. */
import { defineFeature } from '#platform/feature';
import { serveChat } from './chat.routes.ts';
import { localProvider } from './local/local-provider.ts';
import { titleKind } from './title.run.ts';
import { turnKind } from './turn.run.ts';

export type { AiTool, ToolPlace } from './tools.ts';

export const assistants = defineFeature({
  name: 'assistants',
  routes: serveChat,
  runKinds: [turnKind, titleKind],
  providers: [localProvider],
});
