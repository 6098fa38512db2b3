/**
 * The tables Kysely knows. Empty here: each part and feature adds its own by declaration merging
 * (`declare module '#platform/db/tables' { interface Tables { 'piper.users': UserTable } }`), so that the import
 * arrow keeps pointing down.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled by declaration merging
export interface Tables {}
