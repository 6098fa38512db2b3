/** The tables of prompts, as Kysely sees them. */
import type { ColumnType, Generated } from 'kysely';
import type { PromptVariable } from '@piper/shared/prompts-template';
import type { PromptSettings } from '@piper/shared/prompts';

type Json<T> = ColumnType<T, string, string>;
export type PromptRole = 'system' | 'user';

interface Recorded {
  id: string;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  created_by: string | null;
  version: Generated<number>;
}

export interface PromptTable extends Recorded {
  project_id: string;
  title: string;
  active: boolean;
  latest_version: number;
}

export interface PromptVersionTable extends Recorded {
  prompt_id: string;
  number: number;
  content: string;
  role: PromptRole;
  variables: Json<PromptVariable[]>;
  settings: Json<PromptSettings>;
  note: string;
}

export interface PromptLabelTable {
  prompt_id: string;
  label: string;
  version_id: string;
  updated_at: Generated<Date>;
}

declare module '#platform/db/tables' {
  interface Tables {
    'piper.prompts': PromptTable;
    'piper.prompt_versions': PromptVersionTable;
    'piper.prompt_labels': PromptLabelTable;
  }
}
