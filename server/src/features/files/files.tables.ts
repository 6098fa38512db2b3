/** The tables of files, as Kysely sees them. */
import type { Generated } from 'kysely';

export interface FileTable {
  id: string;
  project_id: string | null;
  name: string;
  media_type: string;
  size: number;
  sha256: Buffer;
  storage_key: string;
  text: string | null;
  orphan_after: Date | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  created_by: string | null;
  version: Generated<number>;
}

/** A blob to be removed from storage once `created_at` has passed; for a blob that is being uploaded that lies ahead. */
export interface BlobDeletionTable {
  storage_key: string;
  created_at: Generated<Date>;
}

declare module '#platform/db/tables' {
  interface Tables {
    'piper.files': FileTable;
    'piper.blob_deletions': BlobDeletionTable;
  }
}
