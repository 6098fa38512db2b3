create table piper.prompts (
  id             uuid primary key,
  project_id     uuid not null references piper.projects on delete cascade,
  title          text not null,
  active         boolean not null default false,
  -- Number of the newest version; new ones are made under this row's lock.
  latest_version int not null default 0,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  created_by     uuid references piper.users,
  version        int not null default 1
);
create index prompts_project on piper.prompts (project_id, created_at desc);
create unique index prompts_one_active on piper.prompts (project_id) where active;

-- Immutable.
create table piper.prompt_versions (
  id         uuid primary key,
  prompt_id  uuid not null references piper.prompts on delete cascade,
  number     int not null,
  content    text not null,
  role       text not null default 'system',
  variables  jsonb not null default '[]',
  settings   jsonb not null default '{}',
  note       text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid references piper.users,
  version    int not null default 1,
  unique (prompt_id, number)
);

-- A label sits on one version of a prompt and moves in a transaction.
create table piper.prompt_labels (
  prompt_id  uuid not null references piper.prompts on delete cascade,
  label      text not null,
  version_id uuid not null references piper.prompt_versions on delete cascade,
  updated_at timestamptz not null default now(),
  primary key (prompt_id, label)
);
