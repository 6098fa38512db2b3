-- Foreign databases whose schema became data models and whose rows are copied.

create table piper.attached_databases (
  id          uuid primary key,
  project_id  uuid not null references piper.projects on delete cascade,
  -- Where it is; the password is sealed, and removed when all is copied.
  host        text not null,
  port        int not null,
  database    text not null,
  username    text not null,
  secret      bytea,
  tls         text not null check (tls in ('verified', 'unverified', 'off')),
  -- Null: all that are not PostgreSQL's own.
  schemas     text[],
  -- Attached by somebody who may not reach private addresses.
  public_only boolean not null,
  status      text not null check (status in ('inspecting', 'creating', 'copying', 'verifying', 'done', 'failed')),
  -- What becomes of what, as planned when it was inspected.
  mapped      jsonb,
  -- How far each table is.
  progress    jsonb not null default '{}',
  -- Counts and checksums of both sides.
  report      jsonb,
  error       jsonb,
  run_id      uuid,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  created_by  uuid references piper.users,
  finished_at timestamptz,
  version     int not null default 1
);
create index attached_databases_project on piper.attached_databases (project_id, id);
