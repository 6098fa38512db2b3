-- Users' data models: definitions, the change sets that lead from one to the next, roles and tests of rules.

-- Grows by one with each applied change set; what was compiled for another one is stale.
alter table piper.projects add column metadata_version int not null default 0;

-- Custom roles a member holds beside the built-in one, by key.
alter table piper.members add column roles text[] not null default '{}';

create table piper.project_roles (
  id          uuid primary key,
  project_id  uuid not null references piper.projects on delete cascade,
  key         text not null check (key ~ '^[a-z][a-z0-9-]{0,39}$'),
  name        text not null,
  description text not null default '',
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  created_by  uuid references piper.users,
  version     int not null default 1,
  unique (project_id, key)
);

-- project_id null: the instance owner's fields on one of Piper's own models, whose key it has.
create table piper.data_models (
  id         uuid primary key,
  project_id uuid references piper.projects on delete cascade,
  key        text not null,
  definition jsonb not null,
  -- In the bin: its table waits, renamed, until the bin is emptied.
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index data_models_key on piper.data_models (coalesce(project_id, '00000000-0000-0000-0000-000000000000'), key) where deleted_at is null;
create index data_models_project on piper.data_models (project_id);

-- The counter of the extension fields of Piper's own models.
create table piper.instance_metadata (
  one     boolean primary key default true check (one),
  version int not null default 0
);
insert into piper.instance_metadata default values;

create table piper.change_sets (
  id           uuid primary key,
  project_id   uuid references piper.projects on delete cascade,
  -- Counts within the project.
  number       int not null,
  status       text not null check (status in ('applying', 'applied', 'failed')),
  -- `change`, or an undo or redo of another one.
  kind         text not null default 'change' check (kind in ('change', 'undo', 'redo', 'empty-bin')),
  of           uuid references piper.change_sets on delete set null,
  summary      text not null default '',
  base_version int not null,
  actions      jsonb not null,
  -- Definitions of the touched models as they were and as they will be, by id; null where there was or will be none.
  before       jsonb not null,
  after        jsonb not null,
  plan         jsonb not null,
  -- What the run has done so far.
  progress     jsonb not null default '{}',
  error        jsonb,
  run_id       uuid,
  created_by   uuid references piper.users,
  created_at   timestamptz not null default now(),
  finished_at  timestamptz
);
create unique index change_sets_number on piper.change_sets (coalesce(project_id, '00000000-0000-0000-0000-000000000000'), number);
-- One at a time: a second one is told so.
create unique index change_sets_applying on piper.change_sets (coalesce(project_id, '00000000-0000-0000-0000-000000000000')) where status = 'applying';

create table piper.permission_tests (
  id         uuid primary key,
  project_id uuid not null references piper.projects on delete cascade,
  name       text not null,
  -- Who, what, which record, and whether it must be allowed.
  definition jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid references piper.users,
  version    int not null default 1
);
create index permission_tests_project on piper.permission_tests (project_id);

create table piper.record_comments (
  id         uuid primary key,
  project_id uuid not null references piper.projects on delete cascade,
  model_id   uuid not null,
  record_id  uuid not null,
  text       text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid references piper.users,
  version    int not null default 1
);
create index record_comments_record on piper.record_comments (project_id, model_id, record_id, id);

-- What was answered under an Idempotency-Key; a repetition gets the same answer.
create table piper.idempotent_replies (
  actor      text not null,
  key        text not null,
  -- Of method, address and body: another request under the same key is refused.
  request    bytea not null,
  status     int,
  reply      jsonb,
  created_at timestamptz not null default now(),
  primary key (actor, key)
);
create index idempotent_replies_age on piper.idempotent_replies (created_at);
