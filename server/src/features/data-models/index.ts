/** Data models: what users model, the change sets that shape their tables, and the roles their rules name. */
import { defineFeature } from '#platform/feature';
import type {} from '#platform/runs/kind';
import type {} from '#platform/sweeper';
import { serveChangeSets, serveInstanceChangeSets } from './change-sets.routes.ts';
import { changeSetKind } from './change-sets.run.ts';
import { sweepChangeSets } from './change-sets.sweep.ts';
import type {} from './change-sets.tables.ts';
import type {} from './data-models.tables.ts';
import { serveFieldEdits, serveIndexEdits, serveModelEdits, serveRelationEdits, serveRuleEdits } from './model-edits.routes.ts';
import { serveModelParts, serveModels } from './models.routes.ts';
import { extensionSource } from './extensions/source.ts';
import { attachKind } from './attach/attach.run.ts';
import { serveAttachedDatabases } from './attach/attached.routes.ts';
import { followDefinitions } from './project-catalogue.ts';
import { serveRoles } from './roles.routes.ts';
import { serveRules } from './rules/rules.routes.ts';

export { catalogueOfProject, forgetCatalogue, projectRecords, withFreshCatalogue } from './project-catalogue.ts';
export { applyActions, applyChangeSet, type ApplyOptions } from './change-sets.service.ts';
export { previewChangeSet } from './change-sets.preview.ts';
export { emptyBin, redoChangeSet, undoChangeSet } from './change-sets.history.ts';
export type { ChangeSetRow } from './change-sets.repo.ts';

export { adviseOn, adviseOnRules } from './rules/advice.ts';
export { runPermissionTests } from './rules/run-tests.ts';

export { type ModelAction } from '@piper/shared/data-models';

export const dataModels = defineFeature({
  name: 'data-models',
  extensions: extensionSource,
  runKinds: [attachKind, changeSetKind],
  sweepers: [{ name: 'change-sets', everyMs: 60_000, sweep: sweepChangeSets }],
  routes: (app, deps) => {
    serveRoles(app, deps);
    serveRules(app, deps);
    serveChangeSets(app, deps);
    serveInstanceChangeSets(app, deps);
    serveModels(app, deps);
    serveModelParts(app, deps);
    serveModelEdits(app, deps);
    serveFieldEdits(app, deps);
    serveRelationEdits(app, deps);
    serveIndexEdits(app, deps);
    serveRuleEdits(app, deps);
    serveAttachedDatabases(app, deps);
    const stop = followDefinitions(deps);
    app.addHook('onClose', async () => stop());
  },
});
