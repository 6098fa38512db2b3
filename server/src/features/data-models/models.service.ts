/** Definitions on somebody's behalf: finding a data model, reading it, changing it by a change set of its own. */
import type { BinnedField, DataModel, Field, Index } from '@piper/shared/data-model';
import type { ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { findSystemModel } from '@piper/shared/system-models/index';
import type { Ctx, ProjectPlace } from '#platform/ctx';
import { isUuid } from '#platform/ids';
import {
  refreshSystemCatalogue,
  versionOfCatalogue,
  visibleModel,
  type Catalogue,
  type SystemModel,
} from '#platform/records/records';
import { accessProject, mayInProject } from '#features/projects';
import type { ChangeSetRow } from './change-sets.repo.ts';
import { applyAsked } from './change-sets.service.ts';
import { loadDefinitions, projectOfModel, readMetadataVersion } from './definitions.repo.ts';
import { relocated } from './edit/refuse.ts';
import { requireExtendable } from './extensions/edit.ts';
import { isInstanceOwner, requireInstanceOwner } from './extensions/owner.ts';
import { whole } from './extensions/stored.ts';
import { catalogueOfProject, forgetCatalogue, projectRecords } from './project-catalogue.ts';
import { isSystemField } from './system-fields.ts';

/** A project's definitions as somebody sees them. */
export interface Opened {
  /** Without a project: Piper's own models. */
  ctx: Ctx & { project?: ProjectPlace };
  catalogue: Catalogue;
  version: number;
  /** They see whole definitions, rules included. */
  manages: boolean;
}

/** Opens the definitions of a project. Throws `not_found` unless the actor belongs to it. */
export async function openProject(ctx: Ctx, idOrSlug: string): Promise<Opened> {
  const placed = await projectRecords(ctx, idOrSlug);
  // Both of one version, whatever comes in between.
  const { catalogue, version } = await catalogueOfProject(ctx, placed.project.id);
  const { roles } = placed.project;
  const manages = roles.includes('owner') || roles.includes('admin');
  return { ctx: { ...placed, project: { ...placed.project, catalogue } }, catalogue, version, manages };
}

/** Opens Piper's own models, with the fields the instance owner added. What nobody reads of them nobody sees here either. */
export async function openOwn(ctx: Ctx): Promise<Opened> {
  await refreshSystemCatalogue(ctx.deps);
  const { catalogue } = ctx.deps;
  return { ctx, catalogue, version: versionOfCatalogue(catalogue), manages: false };
}

/** Which project's model this is: by its id, or by the project named beside its key. */
export async function placeOf(ctx: Ctx, reference: string, project: string | undefined): Promise<string | undefined> {
  if (project !== undefined) return project;
  if (!isUuid(reference)) return undefined;
  return (await projectOfModel(ctx.db, reference)) ?? fail('not_found', 'There is no such model.');
}

/** A data model of the project that the actor may know of. */
export function modelOf({ catalogue, ctx }: Opened, reference: string): SystemModel {
  const entry = catalogue.entry(reference);
  return entry && entry.model.projectId === ctx.project?.id ? entry : fail('not_found', 'There is no such model.');
}

export interface EditOptions {
  project?: string | undefined;
  /** The metadata version the client read: `If-Match`. */
  ifMatch?: number | undefined;
  /** Whether values may be lost that the bin does not keep as they are. */
  acceptLoss?: boolean | undefined;
}

/** What a change led to: the definitions as they are now, and what changed, if anything; or a change set that is still at work. */
export type Edited = { opened: Opened; changeSet: ChangeSetRow | undefined } | { opened: undefined; changeSet: ChangeSetRow };

/** Changes definitions of a project, or, without one, the fields added to Piper's own models. The actions name their model as the request does. */
export async function editProject(
  ctx: Ctx,
  project: string | null,
  actions: ModelAction[],
  options: EditOptions,
): Promise<Edited> {
  const id = await manageable(ctx, project);
  if (options.ifMatch !== undefined && options.ifMatch !== (await readMetadataVersion(ctx.db, id)))
    fail('version_mismatch', 'The definitions were changed meanwhile. Read them again and repeat your change.');
  const changeSet = await apply(ctx, id, actions, options);
  if (changeSet && changeSet.status !== 'applied') return { changeSet, opened: undefined };
  if (id === null) return { changeSet, opened: await openOwn(ctx) };
  const opened = await openProject(ctx, id);
  if (!changeSet || opened.version > changeSet.base_version) return { changeSet, opened };
  // Another process changed them, and its word has not come here yet.
  forgetCatalogue(ctx.deps, id);
  return { changeSet, opened: await openProject(ctx, id) };
}

async function manageable(ctx: Ctx, project: string | null): Promise<string | null> {
  if (project !== null) return (await accessProject(ctx, project, 'manage')).id;
  requireInstanceOwner(ctx, 'change');
  return null;
}

async function apply(
  ctx: Ctx,
  projectId: string | null,
  actions: ModelAction[],
  { ifMatch, acceptLoss }: EditOptions,
): Promise<ChangeSetRow | undefined> {
  const base = ifMatch === undefined ? {} : { baseVersion: ifMatch };
  try {
    return await applyAsked(ctx, projectId, actions, { ...base, acceptLoss: acceptLoss ?? false });
  } catch (error) {
    throw relocated(error, pathInBody);
  }
}

/** A request is one or two actions, whose payload is the body. */
const pathInBody = (path: string): string => path.replace(/^actions\[\d+\]\.?(?:(?:model|changes|field|index)\b\.?)?/, '');

/** Changes a data model; `actions` are made of it as it is. Throws `not_found` when the actor may not know of it, `forbidden` when they may not change it. */
export async function editModel(
  ctx: Ctx,
  reference: string,
  actions: (model: ModelDefinition) => ModelAction[],
  options: EditOptions,
): Promise<Edited & { id: string }> {
  const place = (await placeOf(ctx, reference, options.project)) ?? null;
  const model = place === null ? await ownModel(ctx, reference) : await newestModel(ctx, place, reference);
  return { ...(await editProject(ctx, place, actions(model), options)), id: model.id };
}

/** By the newest definitions: what was made a moment ago is there, and what lies in the bin too. */
async function newestModel(ctx: Ctx, project: string, reference: string): Promise<ModelDefinition> {
  const { id, role } = await accessProject(ctx, project, 'read');
  const { models } = await loadDefinitions(ctx.db, id);
  const found =
    models.find((model) => model.id === reference) ??
    models.find((model) => model.deletedAt === undefined && model.key === reference) ??
    models.find((model) => model.deletedAt === undefined && model.formerKeys?.includes(reference)) ??
    models.findLast((model) => model.key === reference) ??
    fail('not_found', 'There is no such model.');
  if (mayInProject(role, 'manage')) return found;
  // Whoever may not change it learns that it is there only if they see it.
  const opened = await openProject(ctx, id);
  if (!visibleModel(opened.ctx, modelOf(opened, found.id))) fail('not_found', 'There is no such model.');
  // Before its parts are looked for: some of them they may not see.
  await accessProject(ctx, id, 'manage');
  return found;
}

/** One of Piper's own models that can take fields, by its key. */
async function ownModel(ctx: Ctx, reference: string): Promise<ModelDefinition> {
  if (!findSystemModel(reference)) fail('not_found', 'There is no such model.');
  requireInstanceOwner(ctx, 'change');
  requireExtendable(reference);
  const { models } = await loadDefinitions(ctx.db, null);
  return whole(models.find((model) => model.id === reference)!);
}

/** The deleted fields of one of Piper's own models, for the instance's owner. */
export async function binOfOwn(ctx: Ctx, reference: string): Promise<BinnedField[] | undefined> {
  if (!isInstanceOwner(ctx)) return undefined;
  const { models } = await loadDefinitions(ctx.db, null);
  return models.find((model) => model.id === reference)?.bin;
}

/** The models in the bin of a project, for managers. */
export async function listDeletedModels(ctx: Ctx, project: string): Promise<{ version: number; models: ModelDefinition[] }> {
  const { id } = await accessProject(ctx, project, 'manage');
  const { version, models } = await loadDefinitions(ctx.db, id);
  return { version, models: models.filter((model) => model.deletedAt !== undefined && !model.isJunction) };
}

/** The field of this id or key; `not_found` when there is none. */
export const fieldOf = <F extends Pick<Field, 'id' | 'key'>>(fields: readonly F[], reference: string): F =>
  fields.find((field) => field.id === reference) ??
  fields.find((field) => field.key === reference) ??
  fail('not_found', 'There is no such field.');

/** Whether it is a relation that somebody made. */
export const isOwnRelation = (field: Pick<Field, 'id' | 'relation'>): boolean =>
  field.relation !== undefined && !isSystemField(field);

/** The index of this id; `not_found` when the model has none. */
export const indexOf = ({ indexes }: Pick<DataModel, 'indexes'>, id: string): Index =>
  indexes?.find((index) => index.id === id) ?? fail('not_found', 'There is no such index.');
