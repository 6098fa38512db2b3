/** Rows of the threads feature. */
import type { ColumnType, Generated } from 'kysely';
import type { FinishReason, MessagePart, Usage } from '@piper/shared/stream/parts';
import type { MessageStatus } from '@piper/shared/threads';

type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null, string | null>;

interface Stamps {
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  created_by: string | null;
  version: Generated<number>;
}

export interface ThreadTable extends Stamps {
  id: string;
  project_id: string;
  title: Generated<string>;
  title_by: Generated<'none' | 'text' | 'assistant' | 'user'>;
  seq: Generated<number>;
  current_leaf_id: string | null;
  last_message_at: Generated<Date>;
  archived_at: Date | null;
  deleted_at: Date | null;
}

export interface ParticipantTable extends Stamps {
  id: string;
  thread_id: string;
  user_id: string | null;
  prompt_id: string | null;
  kind: 'user' | 'assistant';
  last_read_seq: Generated<number>;
}

export interface MessageTable extends Stamps {
  id: string;
  thread_id: string;
  parent_id: string | null;
  seq: number;
  role: 'user' | 'assistant' | 'system';
  author_id: string | null;
  parts: Json<MessagePart[]>;
  text: Generated<string>;
  status: Generated<MessageStatus>;
  finish_reason: FinishReason | null;
  error: NullableJson<{ code: string; message: string }>;
  run_id: string | null;
  client_id: string | null;
  client_hash: Buffer | null;
  prompt_version_id: string | null;
  variables: NullableJson<Record<string, unknown>>;
  ai_model: string | null;
  parameters: NullableJson<Record<string, unknown>>;
  usage: NullableJson<Usage>;
  /** numeric stays text, see platform/db. */
  cost: string | null;
  deleted_at: Date | null;
}

export interface MessageFileTable extends Stamps {
  id: Generated<string>;
  message_id: string;
  file_id: string;
  position: number;
}

declare module '#platform/db/tables' {
  interface Tables {
    'piper.threads': ThreadTable;
    'piper.participants': ParticipantTable;
    'piper.messages': MessageTable;
    'piper.message_files': MessageFileTable;
  }
}
