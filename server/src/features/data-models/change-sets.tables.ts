/** The table of change sets, as Kysely sees it. */
import type { ColumnType, Generated } from 'kysely';
import type { ModelAction, ModelDefinition } from '@piper/shared/data-models';
import type { Plan } from './plan/step.ts';

type Json<T> = ColumnType<T, string, string>;

/** Definitions of the touched models by id; null where there was or will be none. */
export type Touched = Record<string, ModelDefinition | null>;

export interface Progress {
  /** Counts from 1. */
  step?: number;
  of?: number;
  sentence?: string;
  rows?: number;
  total?: number | null;
  /** Where the filling of a column stands: the last id. */
  cursor?: string;
  /** Of a failed one: nothing of it is left. */
  cleaned?: boolean;
}

export interface ChangeSetError {
  code: string;
  message: string;
  details?: unknown;
}

export interface ChangeSetTable {
  id: string;
  project_id: string | null;
  number: number;
  status: 'applying' | 'applied' | 'failed';
  kind: 'change' | 'undo' | 'redo' | 'empty-bin';
  of: string | null;
  summary: string;
  base_version: number;
  actions: Json<ModelAction[]>;
  before: Json<Touched>;
  after: Json<Touched>;
  plan: Json<Plan>;
  progress: Json<Progress>;
  error: Json<ChangeSetError | null>;
  run_id: string | null;
  created_by: string | null;
  created_at: Generated<Date>;
  finished_at: Date | null;
}

declare module '#platform/db/tables' {
  interface Tables {
    'piper.change_sets': ChangeSetTable;
  }
}
