create table piper.threads (
  id          uuid primary key,
  project_id  uuid not null references piper.projects on delete cascade,
  title       text not null default '',
  -- Who made the title: a person's is never overwritten.
  title_by    text not null default 'none' check (title_by in ('none', 'text', 'assistant', 'user')),
  -- Dense number of the newest message; messages are numbered under this row's lock.
  seq         int not null default 0,
  -- Leaf of the branch shown last.
  current_leaf_id uuid,
  last_message_at timestamptz not null default now(),
  archived_at timestamptz,
  deleted_at  timestamptz,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  created_by  uuid references piper.users,
  version     int not null default 1
);
create index threads_project on piper.threads (project_id, last_message_at desc);

create table piper.participants (
  id            uuid primary key,
  thread_id     uuid not null references piper.threads on delete cascade,
  user_id       uuid references piper.users on delete cascade,
  -- An assistant is a prompt acting as a participant; with neither, the project's active prompt at the time.
  prompt_id     uuid references piper.prompts on delete set null,
  kind          text not null check (kind in ('user', 'assistant')),
  last_read_seq int not null default 0,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  created_by    uuid,
  version       int not null default 1
);
create unique index participants_user on piper.participants (thread_id, user_id) where user_id is not null;
create index participants_of_user on piper.participants (user_id, thread_id) where user_id is not null;

create table piper.messages (
  id           uuid primary key,
  thread_id    uuid not null references piper.threads on delete cascade,
  parent_id    uuid references piper.messages on delete cascade,
  seq          int not null,
  role         text not null check (role in ('user', 'assistant', 'system')),
  author_id    uuid references piper.users,
  -- Folded stream parts (shared/stream); for a user's message one text part.
  parts        jsonb not null default '[]',
  -- The plain text of parts, for search.
  text         text not null default '',
  status       text not null default 'done' check (status in ('streaming', 'done', 'cancelled', 'interrupted', 'failed')),
  error        jsonb,
  run_id       uuid,
  client_id    text,
  -- Hash of what was sent under client_id: the same id with another body is refused.
  client_hash  bytea,
  prompt_version_id uuid references piper.prompt_versions on delete set null,
  variables    jsonb,
  ai_model     text,
  parameters   jsonb,
  usage        jsonb,
  cost         numeric,
  deleted_at   timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  created_by   uuid,
  version      int not null default 1,
  unique (thread_id, seq)
);
create unique index messages_client on piper.messages (author_id, client_id) where client_id is not null;
create index messages_parent on piper.messages (thread_id, parent_id, seq);

create table piper.message_files (
  message_id uuid not null references piper.messages on delete cascade,
  file_id    uuid not null references piper.files on delete cascade,
  position   int not null,
  primary key (message_id, file_id)
);
create index message_files_file on piper.message_files (file_id);

-- Keys of AI providers: the instance's (user_id null) and each user's own. Encrypted, never sent to a client.
create table piper.provider_keys (
  id         uuid primary key,
  user_id    uuid references piper.users on delete cascade,
  provider   text not null,
  label      text not null default '',
  secret     bytea,
  base_url   text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid,
  version    int not null default 1
);
create unique index provider_keys_one on piper.provider_keys (coalesce(user_id, '00000000-0000-0000-0000-000000000000'), provider);
