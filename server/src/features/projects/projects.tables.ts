/** The tables of projects, as Kysely sees them. */
import type { ColumnType, Generated } from 'kysely';
import type { ProjectRole } from '@piper/shared/system-models/roles';

type WithDefault<T> = ColumnType<T, T | undefined, T>;

interface Recorded {
  id: string;
  created_at: Generated<Date>;
  updated_at: WithDefault<Date>;
  created_by: WithDefault<string | null>;
  version: WithDefault<number>;
}

export interface ProjectTable extends Recorded {
  slug: string;
  name: string;
  description: WithDefault<string>;
  deleted_at: WithDefault<Date | null>;
}

export interface ProjectSlugTable {
  slug: string;
  project_id: string;
}

export interface MemberTable extends Recorded {
  project_id: string;
  user_id: string;
  role: ProjectRole;
}

declare module '#platform/db/tables' {
  interface Tables {
    'piper.projects': ProjectTable;
    'piper.project_slugs': ProjectSlugTable;
    'piper.members': MemberTable;
  }
}
