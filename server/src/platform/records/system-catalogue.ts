/** The catalogue of Piper's own models: every declaration of shared/system-models, with what features contribute to them. */
import { systemModels } from '@piper/shared/system-models/index';
import { contributed, type Feature } from '../feature.ts';
import { openCatalogue, type Catalogue } from './catalogue.ts';

/** Opens it. A feature's entry replaces the bare declaration of the same key. */
export function systemCatalogue(features: readonly Feature[]): Catalogue {
  return openCatalogue([...systemModels.map((model) => ({ model })), ...contributed(features, 'systemModels').flat()]);
}
