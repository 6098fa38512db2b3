create table piper.projects (
  id          uuid primary key,
  slug        text not null unique,
  name        text not null,
  description text not null default '',
  -- Set while the undo window runs; the clean-up run removes the project and all that is its own after it.
  deleted_at  timestamptz,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  created_by  uuid references piper.users,
  version     int not null default 1
);

-- Slugs a project once had keep working.
create table piper.project_slugs (
  slug       text primary key,
  project_id uuid not null references piper.projects on delete cascade
);

create table piper.members (
  id         uuid primary key,
  project_id uuid not null references piper.projects on delete cascade,
  user_id    uuid not null references piper.users on delete cascade,
  role       text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid,
  version    int not null default 1,
  unique (project_id, user_id)
);
create index members_user on piper.members (user_id);

-- To the instance (project_id null) or to a project.
create table piper.invitations (
  id          uuid primary key,
  project_id  uuid references piper.projects on delete cascade,
  email       text not null,
  role        text not null,
  token_hash  bytea not null unique,
  expires_at  timestamptz not null,
  accepted_at timestamptz,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  created_by  uuid references piper.users on delete cascade,
  version     int not null default 1
);
create index invitations_project on piper.invitations (project_id);

create table piper.api_keys (
  id           uuid primary key,
  user_id      uuid not null references piper.users on delete cascade,
  project_id   uuid references piper.projects on delete cascade,
  name         text not null,
  access       text not null check (access in ('read', 'write')),
  -- The first characters, so that a person can tell keys apart; the key itself is only known as a hash.
  prefix       text not null,
  hash         bytea not null unique,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  created_by   uuid,
  version      int not null default 1
);
create index api_keys_user on piper.api_keys (user_id);
