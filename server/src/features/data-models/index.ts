/** Data models: what users model, the change sets that shape their tables, and the roles their rules name. */
import { defineFeature } from '#platform/feature';
import type {} from './data-models.tables.ts';
import { followDefinitions } from './project-catalogue.ts';

export { catalogueOfProject, forgetCatalogue, projectRecords } from './project-catalogue.ts';
export { applyActions } from './apply.ts';

export { type ModelAction } from '@piper/shared/data-models';

export const dataModels = defineFeature({
  name: 'data-models',
  routes: (app, deps) => {
    const stop = followDefinitions(deps);
    app.addHook('onClose', async () => stop());
  },
});
