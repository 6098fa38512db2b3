/** Assistants: prompts that take part in threads. Their turns are durable runs; `local` answers where no AI is configured. */
import { defineFeature } from '#platform/feature';
import type {} from '#platform/llm/llm';
import { serveAiModels } from './ai-models.routes.ts';
import { serveChat } from './chat.routes.ts';
import { localProvider } from './local/local-provider.ts';
import { searchTool } from './local/search-tool.ts';
import { serveProviderKeys } from './provider-keys.routes.ts';
import { findStoredAccess } from './provider-keys.service.ts';
import { titleKind } from './title.run.ts';
import { turnKind } from './turn.run.ts';

export type { AiTool, ToolPlace } from './tools.ts';

export const assistants = defineFeature({
  name: 'assistants',
  routes: (app, deps) => {
    serveChat(app, deps);
    serveAiModels(app, deps);
    serveProviderKeys(app, deps);
  },
  runKinds: [turnKind, titleKind],
  providers: [localProvider],
  tools: [searchTool],
  providerAccess: findStoredAccess,
});
