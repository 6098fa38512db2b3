create table piper.files (
  id          uuid primary key,
  project_id  uuid references piper.projects on delete cascade,
  name        text not null,
  media_type  text not null,
  size        bigint not null,
  sha256      bytea not null,
  storage_key text not null unique,
  -- Extracted plain text, for search and the local provider; null when the type has none.
  text        text,
  -- Files that nothing came to use by then are removed.
  orphan_after timestamptz,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  created_by  uuid references piper.users,
  version     int not null default 1
);
create index files_project on piper.files (project_id, created_at desc);
create index files_created_by on piper.files (created_by, created_at desc);
create index files_orphans on piper.files (orphan_after) where orphan_after is not null;

-- Blobs whose row is gone, to be removed from storage; written in the transaction that deletes the row.
create table piper.blob_deletions (
  storage_key text primary key,
  created_at  timestamptz not null default now()
);
create function piper.queue_blob_deletion() returns trigger language plpgsql as $$
begin
  insert into piper.blob_deletions (storage_key) values (old.storage_key) on conflict do nothing;
  return old;
end $$;
create trigger files_blob after delete on piper.files for each row execute function piper.queue_blob_deletion();
