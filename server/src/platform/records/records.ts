/** The records engine's public face: one path for Piper's own resources and for users' models. */
export { listRecords, type RecordList } from './list.ts';
export { access, allowedActions, readRecord } from './read.ts';
export { createRecord, deleteRecord, restoreRecord, updateRecord, type DeleteOptions, type WriteOptions } from './write.ts';
export { createRecords, deleteRecords, updateRecords, updateRecordsAlike } from './write-many.ts';
export { purgeRecords } from './write-dependants.ts';
export { openCatalogue, type Catalogue } from './catalogue.ts';
export { followExtensions, refreshSystemCatalogue, systemCatalogue, versionOfCatalogue } from './system-catalogue.ts';
export { visibleModel, type VisibleField, type VisibleModel } from './visible-definition.ts';
export { serveRecords } from './record-routes.ts';
export type { SystemModel, Values, WriteHooks } from './hooks.ts';
