-- What is attached to a message is a record like any other: the rules of files lead over it to the thread's participants.
alter table piper.message_files
  add column id         uuid not null default gen_random_uuid(),
  add column created_at timestamptz not null default now(),
  add column updated_at timestamptz not null default now(),
  add column created_by uuid,
  add column version    int not null default 1,
  add constraint message_files_id unique (id);

-- A file of no project lives as long as something refers to it: when the last message it is attached to is gone, it waits
-- for its removal as if it had just been uploaded. The sweeper looks again whether nothing refers to it.
create function piper.orphan_detached_file() returns trigger language plpgsql as $$
begin
  update piper.files f set orphan_after = now() + interval '24 hours'
  where f.id = old.file_id and f.project_id is null and f.orphan_after is null
    and not exists (select 1 from piper.message_files m where m.file_id = f.id);
  return null;
end $$;
create trigger message_files_orphan after delete on piper.message_files for each row execute function piper.orphan_detached_file();
