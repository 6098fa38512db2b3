-- The mechanisms every feature stands on: the event log, durable runs and their streams, executors' leases.
-- Schema `piper` itself and the table of applied migrations are made by the migrator.

create sequence piper.event_position;

-- Readers go by (transaction_id, position) below the snapshot's xmin, so a slow transaction can't be skipped.
create table piper.events (
  position       bigint not null default nextval('piper.event_position'),
  transaction_id xid8 not null default pg_current_xact_id(),
  at             timestamptz not null default now(),
  topic          text not null,
  type           text not null,
  actor          text not null,
  subject        text,
  project_id     uuid,
  data           jsonb not null default '{}',
  cause          text
) partition by range (at);
create table piper.events_default partition of piper.events default;
create index events_order on piper.events (transaction_id, position);
create index events_topic on piper.events (topic, transaction_id, position);
create index events_subject on piper.events (subject, transaction_id, position) where subject is not null;

-- One row: the epoch of this database's log. A restore or a move starts a new one, which voids all cursors.
create table piper.event_epoch (
  one   boolean primary key default true check (one),
  epoch uuid not null
);

-- Where each durable reader of the log (webhooks, triggers, caches) stands.
create table piper.event_cursors (
  reader         text primary key,
  transaction_id xid8 not null,
  position       bigint not null,
  updated_at     timestamptz not null default now()
);

create table piper.runs (
  id           uuid primary key,
  kind         text not null,
  status       text not null default 'queued'
               check (status in ('queued', 'running', 'waiting', 'done', 'failed', 'cancelled', 'interrupted')),
  project_id   uuid,
  thread_id    uuid,
  message_id   uuid,
  input        jsonb not null default '{}',
  output       jsonb,
  error        jsonb,
  pinned       text,
  cause        text,
  executor     text,
  attempt      int not null default 0,
  cancel_requested_at timestamptz,
  started_at   timestamptz,
  ended_at     timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  created_by   uuid,
  version      int not null default 1
);
create index runs_open on piper.runs (created_at) where status in ('queued', 'running', 'waiting');
create index runs_project on piper.runs (project_id, created_at desc);
create index runs_thread on piper.runs (thread_id, created_at desc) where thread_id is not null;
create index runs_message on piper.runs (message_id) where message_id is not null;
create index runs_created_by on piper.runs (created_by, created_at desc);

create table piper.run_steps (
  id         uuid primary key,
  run_id     uuid not null references piper.runs on delete cascade,
  position   int not null,
  name       text not null,
  effect     text not null check (effect in ('pure', 'idempotent', 'once')),
  status     text not null check (status in ('running', 'done', 'failed')),
  attempts   int not null default 1,
  input      jsonb,
  output     jsonb,
  error      jsonb,
  started_at timestamptz not null default now(),
  ended_at   timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by uuid,
  version    int not null default 1,
  unique (run_id, position)
);

-- The stream of a run: what GET /api/runs/:id/stream replays. Written in batches, one INSERT per process and flush.
create table piper.run_parts (
  run_id uuid not null references piper.runs on delete cascade,
  seq    int not null,
  part   jsonb not null,
  primary key (run_id, seq)
);

-- The lease of each process that executes runs. A row whose heartbeat stopped may be taken over (epoch + 1).
create table piper.executors (
  id           text primary key,
  epoch        bigint not null default 1,
  services     text[] not null,
  heartbeat_at timestamptz not null default now(),
  started_at   timestamptz not null default now()
);

-- Small settings of the instance (who may register, default AI model …), one row per key.
create table piper.settings (
  key        text primary key,
  value      jsonb not null,
  updated_at timestamptz not null default now(),
  updated_by uuid
);
