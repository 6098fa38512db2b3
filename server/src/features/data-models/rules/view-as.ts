/** "View as": what somebody else sees of a data model, by the engine itself. For managers; never without a trace. */
import type { DataModel, Rule } from '@piper/shared/data-model';
import type { Someone } from '@piper/shared/project-rules';
import { fail } from '@piper/shared/errors';
import type { Actor, UserActor } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvents } from '#platform/events/append';
import {
  listRecords,
  openCatalogue,
  visibleModel,
  type Catalogue,
  type SystemModel,
  type Values,
  type VisibleModel,
} from '#platform/records/records';
import { accessProject } from '#features/projects';
import { catalogueOfProject } from '../project-catalogue.ts';
import { contextOfSomeone, type PlacedCtx } from './someone.ts';

export interface View {
  roles: readonly string[];
  definition: VisibleModel | null;
  records: Values[];
  meta: Record<string, unknown>;
}

/** What they see: the definition, and the records the query asks for, each with what they may do with it. */
export async function viewAs(
  ctx: Ctx,
  project: string,
  { model, query = {}, ...who }: Someone & { model: string; query?: Record<string, unknown> },
): Promise<View> {
  const { id } = await accessProject(ctx, project, 'manage');
  const { catalogue } = await catalogueOfProject(ctx, id);
  const entry = requireModel(catalogue, model, id);
  const someone = await contextOfSomeone(ctx, { projectId: id, catalogue: narrowed(catalogue) }, who);
  const there: PlacedCtx = { ...someone, actor: heldTo(id, someone.actor as UserActor) };
  await note(ctx, { id, model: entry.model, who });
  const definition = visibleModel(there, entry) ?? null;
  const { data, meta } = definition ? await listRecords(there, entry.model.key, withActions(query)) : { data: [], meta: {} };
  return { roles: someone.project.roles, definition, records: data, meta };
}

/** A data model of the project, by id or key. */
export function requireModel(catalogue: Catalogue, reference: string, projectId: string): SystemModel {
  const entry = catalogue.entry(reference);
  return entry?.model.projectId === projectId ? entry : fail('not_found', 'There is no such data model in the project.');
}

/** Groups and sums are no records: nobody may do anything with them. */
function withActions(query: Record<string, unknown>): Record<string, unknown> {
  if (query['aggregate'] !== undefined) return query;
  const { fields = '*' } = query;
  const list: unknown[] = Array.isArray(fields) ? fields : [fields];
  return { ...query, fields: [...list, 'allowedActions'] };
}

/** Whoever looks through somebody's eyes sees what is the project's, not what is that person's own. */
const heldTo = (projectId: string, { userId, role }: UserActor): Actor => ({
  kind: 'key',
  userId,
  role,
  keyId: '',
  projectId,
  access: 'write',
});

/** Of Piper's own models only those that everybody in a project sees alike: no threads, keys or sessions of other people. */
const shared = new Set(['users', 'members', 'projects', 'files']);
const narrow = new WeakMap<Catalogue, Catalogue>();

/** The catalogue in which somebody else's eyes are looked through. */
export function narrowed(catalogue: Catalogue): Catalogue {
  const found = narrow.get(catalogue);
  if (found) return found;
  const made = openCatalogue(
    catalogue.list().map((entry) => ({ ...entry, model: { ...entry.model, rules: rulesForOthers(entry.model) } })),
  );
  narrow.set(catalogue, made);
  return made;
}

/** Of people only what everybody sees of everybody: neither what they see of themselves, nor what their role in the instance shows. */
function rulesForOthers({ projectId, key, rules }: DataModel): Rule[] {
  if (projectId !== undefined) return rules;
  if (!shared.has(key)) return [];
  return key === 'users' ? rules.filter(({ roles, filter }) => roles === undefined && Object.keys(filter).length === 0) : rules;
}

async function note(ctx: Ctx, { id, model, who }: { id: string; model: DataModel; who: Someone }): Promise<void> {
  await inTx(ctx, async (tx) => {
    const data = { model: model.id, label: model.labelPlural, ...who };
    const event = { type: 'records.viewed-as', subject: model.id, projectId: id, data };
    const topics = [`project:${id}`, ...(who.member === undefined ? [] : [`user:${who.member}`])];
    await appendEvents(
      tx,
      topics.map((topic) => ({ ...event, topic })),
    );
  });
}
