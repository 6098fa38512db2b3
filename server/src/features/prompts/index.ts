/** Prompts: how an assistant behaves, in immutable versions, one active per project. */
import { prompts as promptModel, promptVersions } from '@piper/shared/system-models/index';
import { defineFeature } from '#platform/feature';
import type {} from '#platform/records/hooks';
import { serveRoutes } from './prompts.routes.ts';

export { accessPrompt, type PromptVerb } from './prompts.access.ts';
export { activePromptOf, pinnedPromptVersion, promptVersion } from './prompt-lookup.ts';

export const prompts = defineFeature({
  name: 'prompts',
  routes: serveRoutes,
  // Reading and writing one prompt are this feature's own routes: they carry the content of a version. A generic form can't give it.
  systemModels: [{ model: { ...promptModel, verbs: ['list', 'read', 'update', 'delete'] } }, { model: promptVersions }],
});
