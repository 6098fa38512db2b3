/**
 * What the records engine needs to serve a project: its definitions compiled to a catalogue, kept by metadata version, and
 * the roles of whoever asks. Both are remembered in the process, bounded, and forgotten when the log says that they changed.
 */
import { fail } from '@piper/shared/errors';
import { managers } from '@piper/shared/system-models/roles';
import type { Ctx, ProjectPlace } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import type { LogEvent } from '#platform/events/log-reader';
import { boundedCache, type BoundedCache } from '#platform/records/bounded-cache';
import { openCatalogue, refreshSystemCatalogue, type Catalogue } from '#platform/records/records';
import { mayBeStale } from '#platform/records/stale';
import { accessProject, resolveProject } from '#features/projects';
import { loadDefinitions, readMetadataVersion } from './definitions.repo.ts';
import { rolesOfMember } from './roles.repo.ts';

const maxProjects = 200;
const maxMembers = 20_000;
/** Covers a lost wake-up between processes. */
const rememberedMs = 15_000;

interface Remembered<T> {
  value: T;
  until: number;
}
interface Opened {
  version: number;
  catalogue: Catalogue;
}
interface Memory {
  catalogues: BoundedCache<Remembered<Promise<Opened>> & { base: Catalogue }>;
  roles: BoundedCache<Remembered<Promise<readonly string[]>>>;
  projects: BoundedCache<Remembered<string>>;
}

const memories = new WeakMap<Deps, Memory>();

function memoryOf(deps: Deps): Memory {
  let memory = memories.get(deps);
  if (!memory) {
    memory = { catalogues: boundedCache(maxProjects), roles: boundedCache(maxMembers), projects: boundedCache(maxMembers) };
    memories.set(deps, memory);
  }
  return memory;
}

/** The context in which the engine serves a project's records; `not_found` unless the actor belongs to it. */
export async function projectRecords<C extends Ctx>(ctx: C, idOrSlug: string): Promise<C & { project: ProjectPlace }> {
  const id = await projectIdOf(ctx, idOrSlug);
  const [{ catalogue }, roles] = await Promise.all([catalogueOfProject(ctx, id), rolesIn(ctx, id)]);
  return { ...ctx, project: { id, catalogue, roles, managesRules: managers.some((role) => roles.includes(role)) } };
}

/**
 * Does the work with the project's records. When it fails in a way that definitions which are not the newest any more may
 * have caused (a column that is gone, a field this process has not heard of yet), it is repeated once with the newest.
 */
export async function withFreshCatalogue<C extends Ctx, R>(
  ctx: C,
  idOrSlug: string,
  work: (ctx: C & { project: ProjectPlace }) => Promise<R>,
): Promise<R> {
  const placed = await projectRecords(ctx, idOrSlug);
  try {
    return await work(placed);
  } catch (error) {
    if (ctx.db.isTransaction || !mayBeStale(error) || !(await refresh(ctx.deps, placed.project))) throw error;
    return work(await projectRecords(ctx, idOrSlug));
  }
}

/** Whether there is another catalogue now than the one the place was made with. */
async function refresh(deps: Deps, { id, catalogue }: ProjectPlace): Promise<boolean> {
  await refreshSystemCatalogue(deps);
  const opened = await catalogueOfProject({ deps }, id);
  if (opened.catalogue !== catalogue) return true;
  if ((await readMetadataVersion(deps.db, id)) === opened.version) return false;
  await open(deps, id);
  return true;
}

/** The catalogue of a project as of its newest metadata version known here. Whoever asks never waits for a look whether it is still the newest. */
export function catalogueOfProject({ deps }: Pick<Ctx, 'deps'>, projectId: string): Promise<Opened> {
  const { catalogues } = memoryOf(deps);
  const found = catalogues.get(projectId);
  // Another catalogue of Piper's own models is in force: fields were added to them.
  if (found?.base !== deps.catalogue) return open(deps, projectId);
  if (found.until <= now(deps)) {
    found.until = now(deps) + rememberedMs;
    void recheck(deps, projectId, found.value).catch((err: unknown) =>
      deps.log.warn({ err }, 'could not look at the metadata version'),
    );
  }
  return found.value;
}

function open(deps: Deps, projectId: string): Promise<Opened> {
  const { catalogues } = memoryOf(deps);
  const base = deps.catalogue;
  const entry = { value: load(deps, projectId, base), until: now(deps) + rememberedMs, base };
  catalogues.set(projectId, entry);
  entry.value.catch(() => catalogues.get(projectId) === entry && catalogues.delete(projectId));
  return entry.value;
}

async function load(deps: Deps, projectId: string, base: Catalogue): Promise<Opened> {
  const definitions = await loadDefinitions(deps.db, projectId);
  const entries = definitions.models.filter((model) => model.deletedAt === undefined).map((model) => ({ model }));
  try {
    return { version: definitions.version, catalogue: openCatalogue(entries, base) };
  } catch (error) {
    // They may build on a field of Piper's own models that this process has not heard of yet.
    if (!(await refreshSystemCatalogue(deps))) throw error;
    return { version: definitions.version, catalogue: openCatalogue(entries, deps.catalogue) };
  }
}

async function recheck(deps: Deps, projectId: string, opened: Promise<Opened>): Promise<void> {
  const { version } = await opened;
  if ((await readMetadataVersion(deps.db, projectId)) !== version) await open(deps, projectId);
}

/** Forgets what was compiled for the project: another version is there. */
export function forgetCatalogue(deps: Deps, projectId: string): void {
  memoryOf(deps).catalogues.delete(projectId);
}

async function projectIdOf(ctx: Ctx, idOrSlug: string): Promise<string> {
  const { projects } = memoryOf(ctx.deps);
  const found = projects.get(idOrSlug);
  if (found && found.until > now(ctx.deps)) return found.value;
  const id = (await resolveProject(ctx.db, idOrSlug)) ?? fail('not_found');
  projects.set(idOrSlug, { value: id, until: now(ctx.deps) + rememberedMs });
  return id;
}

async function rolesIn(ctx: Ctx, projectId: string): Promise<readonly string[]> {
  const { actor, deps } = ctx;
  if (actor.kind === 'system') return ['owner'];
  if (actor.kind === 'key' && actor.projectId !== undefined && actor.projectId !== projectId) fail('not_found');
  return remember(deps, memoryOf(deps).roles, `${projectId} ${actor.userId}`, async () => {
    const { role } = await accessProject({ ...ctx, db: deps.db }, projectId, 'read');
    return [...new Set([role, ...(await rolesOfMember(deps.db, projectId, actor.userId))])].sort();
  });
}

const now = (deps: Deps): number => deps.clock.now().getTime();

/** One load serves all who ask meanwhile; a failed one is not remembered. */
function remember<T>(deps: Deps, cache: BoundedCache<Remembered<Promise<T>>>, key: string, load: () => Promise<T>): Promise<T> {
  const found = cache.get(key);
  if (found && found.until > now(deps)) return found.value;
  const entry = { value: load(), until: now(deps) + rememberedMs };
  cache.set(key, entry);
  entry.value.catch(() => cache.get(key) === entry && cache.delete(key));
  return entry.value;
}

/** Keeps both memories true from now on. Returns what stops it. */
export function followDefinitions(deps: Deps): () => void {
  return deps.events.listen((events) => {
    for (const event of events) forgetAfter(deps, event);
  });
}

function forgetAfter(deps: Deps, event: LogEvent): void {
  const memory = memoryOf(deps);
  if (event.type === 'models.changed' && event.projectId !== null) memory.catalogues.delete(event.projectId);
  if (event.type.startsWith('member.') || event.type.startsWith('project.')) {
    memory.roles.clear();
    memory.projects.clear();
  }
}
