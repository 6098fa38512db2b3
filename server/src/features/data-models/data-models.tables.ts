/** The tables of data models, as Kysely sees them. */
import type { ColumnType, Generated } from 'kysely';
import type { ModelDefinition } from '@piper/shared/data-models';

export interface DataModelTable {
  id: string;
  project_id: string | null;
  key: string;
  definition: ColumnType<ModelDefinition, string, string>;
  deleted_at: Date | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

declare module '#platform/db/tables' {
  interface Tables {
    'piper.data_models': DataModelTable;
  }
}
