/** Gives the engine the added fields as they are in force. */
import type { ExtensionSource } from '#platform/records/extensions';
import { loadDefinitions, readMetadataVersion } from '../definitions.repo.ts';

export const extensionSource: ExtensionSource = {
  version: (db) => readMetadataVersion(db, null),
  async load(db) {
    const { version, models } = await loadDefinitions(db, null);
    return { version, fields: new Map(models.map((model) => [model.key, model.fields])) };
  },
};
