/** Projects: what everything else belongs to, who may come in, and how they end. */
import { members, projects as projectModel } from '@piper/shared/system-models/projects';
import { defineFeature } from '#platform/feature';
import { onInvitationsToProjects } from '#features/identity';
import { memberHooks } from './members.service.ts';
import { serveProjects } from './projects.routes.ts';
import { joinProject, nameOfProject, projectHooks, purgeDeletedProjects } from './projects.service.ts';
import type {} from '#platform/sweeper';
import type {} from './projects.tables.ts';

export { accessProject, mayInProject, resolveProject, type AccessedProject } from './projects.access.ts';

export const projects = defineFeature({
  name: 'projects',
  systemModels: [
    { model: projectModel, hooks: projectHooks },
    { model: members, hooks: memberHooks },
  ],
  sweepers: [{ name: 'projects-purge', everyMs: 300_000, sweep: async (ctx) => void (await purgeDeletedProjects(ctx)) }],
  routes: (app, deps) => {
    onInvitationsToProjects(deps, { join: joinProject, nameOf: nameOfProject });
    serveProjects(app, deps);
  },
});
