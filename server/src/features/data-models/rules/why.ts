/** "Why not?": which rule lets somebody do something to a record, or refuses it. For managers. */
import { fail } from '@piper/shared/errors';
import type { Someone, Verdict } from '@piper/shared/project-rules';
import type { Ctx } from '#platform/ctx';
import { explainAccess, type Asked } from '#platform/records/explain-access';
import { accessProject } from '#features/projects';
import { catalogueOfProject, projectRecords } from '../project-catalogue.ts';
import { contextOfSomeone } from './someone.ts';
import { narrowed, requireModel } from './view-as.ts';

/** Decides as the engine would for them. */
export async function askWhy(
  ctx: Ctx,
  project: string,
  { model, action, id, values, fields, me, ...who }: Someone & Asked & { model: string; me?: boolean },
): Promise<Verdict> {
  const { id: projectId } = await accessProject(ctx, project, 'manage');
  const { catalogue } = await catalogueOfProject(ctx, projectId);
  const entry = requireModel(catalogue, model, projectId);
  if (me === true && (who.member !== undefined || who.roles !== undefined))
    fail('validation_failed', 'Not valid: "me" goes with neither "member" nor "roles".');
  const there =
    me === true
      ? await projectRecords(ctx, projectId)
      : await contextOfSomeone(ctx, { projectId, catalogue: narrowed(catalogue) }, who);
  if (action === 'create' && id !== undefined) fail('validation_failed', 'Not valid: "id" does not suit the action "create".');
  return explainAccess(there, entry.model.key, { action, id, values, fields });
}
