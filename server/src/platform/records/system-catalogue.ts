/**
 * The catalogue of Piper's own models: every declaration of shared/system-models, with what features contribute to them and the
 * fields the instance owner added. When those change, another catalogue takes its place, in every process.
 */
import type { FastifyInstance } from 'fastify';
import { systemModels } from '@piper/shared/system-models/index';
import { prepareAnew } from '../db/prepared-client.ts';
import type { Deps } from '../deps.ts';
import { contributed, type Feature } from '../feature.ts';
import { openCatalogue, type Catalogue } from './catalogue.ts';
import { extendEntries, type Extensions } from './extensions.ts';
import type { SystemModel } from './hooks.ts';

const versions = new WeakMap<Catalogue, number>();

/** Opens it. A feature's entry replaces the bare declaration of the same key. */
export function systemCatalogue(features: readonly Feature[], extensions?: Extensions): Catalogue {
  const declared = [...systemModels.map((model) => ({ model })), ...contributed(features, 'systemModels').flat()];
  const entries = [...new Map<string, SystemModel>(declared.map((entry) => [entry.model.key, entry])).values()];
  const catalogue = openCatalogue(extensions ? extendEntries(entries, extensions) : entries);
  versions.set(catalogue, extensions?.version ?? 0);
  return catalogue;
}

/** The version of the added fields that it was made of. */
export const versionOfCatalogue = (catalogue: Catalogue): number => versions.get(catalogue) ?? 0;

/** Puts the newest added fields in force in this process. Returns whether there were newer ones. */
export async function refreshSystemCatalogue(deps: Deps): Promise<boolean> {
  const [source] = contributed(deps.features, 'extensions');
  if (!source || (await source.version(deps.db)) <= versionOfCatalogue(deps.catalogue)) return false;
  const extensions = await source.load(deps.db);
  // Somebody else may have been faster, with newer ones.
  if (extensions.version <= versionOfCatalogue(deps.catalogue)) return false;
  deps.catalogue = systemCatalogue(deps.features, extensions);
  prepareAnew();
  return true;
}

/** Keeps the catalogue of this process true, from its start on. */
export function followExtensions(app: FastifyInstance, deps: Deps): void {
  let stop = (): void => undefined;
  app.addHook('onReady', async () => {
    stop = deps.events.listen((events) => {
      if (!events.some((event) => event.type === 'models.changed' && event.projectId === null)) return;
      refreshSystemCatalogue(deps).catch((err: unknown) => deps.log.error({ err }, 'added fields could not be read'));
    });
    await refreshSystemCatalogue(deps);
  });
  app.addHook('onClose', async () => stop());
}
