/** The tables of identity, as Kysely sees them. */
import type { ColumnType, Generated } from 'kysely';

type WithDefault<T> = ColumnType<T, T | undefined, T>;

interface Recorded {
  id: string;
  created_at: Generated<Date>;
  updated_at: WithDefault<Date>;
  created_by: WithDefault<string | null>;
  version: WithDefault<number>;
}

export interface UserTable extends Recorded {
  email: string;
  name: string;
  image: WithDefault<string | null>;
  role: 'OWNER' | 'ADMIN' | 'MEMBER';
  password_hash: WithDefault<string | null>;
  external_issuer: WithDefault<string | null>;
  external_subject: WithDefault<string | null>;
  preferences: ColumnType<Record<string, unknown>, string | undefined, string>;
  disabled_at: WithDefault<Date | null>;
}

export interface SessionTable extends Recorded {
  user_id: string;
  user_agent: WithDefault<string | null>;
  ip: WithDefault<string | null>;
  last_used_at: WithDefault<Date>;
  expires_at: Date;
  revoked_at: WithDefault<Date | null>;
}

export interface RefreshTokenTable {
  hash: Buffer;
  session_id: string;
  used_at: WithDefault<Date | null>;
  created_at: WithDefault<Date>;
}

export interface ApiKeyTable extends Recorded {
  user_id: string;
  project_id: WithDefault<string | null>;
  name: string;
  access: 'read' | 'write';
  prefix: string;
  hash: Buffer;
  expires_at: WithDefault<Date | null>;
  revoked_at: WithDefault<Date | null>;
  last_used_at: WithDefault<Date | null>;
}

export interface InvitationTable extends Recorded {
  project_id: WithDefault<string | null>;
  email: string;
  role: string;
  token_hash: Buffer;
  expires_at: Date;
  accepted_at: WithDefault<Date | null>;
}

export interface SettingTable {
  key: string;
  value: ColumnType<unknown, string, string>;
  updated_at: WithDefault<Date>;
  updated_by: WithDefault<string | null>;
}

declare module '#platform/db/tables' {
  interface Tables {
    'piper.users': UserTable;
    'piper.sessions': SessionTable;
    'piper.refresh_tokens': RefreshTokenTable;
    'piper.api_keys': ApiKeyTable;
    'piper.invitations': InvitationTable;
    'piper.settings': SettingTable;
  }
}
