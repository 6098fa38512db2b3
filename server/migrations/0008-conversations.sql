-- Answers have no author; the user who asked for one created it. So what a client repeats is found by its creator.
drop index piper.messages_client;
create unique index messages_client on piper.messages (created_by, client_id) where client_id is not null;

-- Why an answer ended: an answer cut by its length is `done` too, and can be continued.
alter table piper.messages add column finish_reason text check (finish_reason in ('stop', 'length', 'cancelled', 'interrupted', 'error'));

-- Deleted threads, for their clean-up after the undo window.
create index threads_deleted on piper.threads (deleted_at) where deleted_at is not null;

-- Search by words. 'simple', because no language is assumed; cut, because a tsvector holds at most 1 MB.
create index messages_words on piper.messages using gin (to_tsvector('simple', left(text, 200000)));
create index files_words on piper.files using gin (to_tsvector('simple', left(text, 200000))) where text is not null;
create index prompt_versions_words on piper.prompt_versions using gin (to_tsvector('simple', left(content, 200000)));

-- Search by parts of words, and in scripts written without spaces: trigrams make it quick. A database that does not have the
-- extension, or does not let us create it, answers the same queries without these indexes.
do $$
declare
  home text;
begin
  begin
    create extension if not exists pg_trgm;
  exception when insufficient_privilege or undefined_file or feature_not_supported then
    raise notice 'pg_trgm is not available: searching parts of words will be slower';
  end;
  select n.nspname into home from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
  if home is not null then
    execute format('create index messages_trigrams on piper.messages using gin (text %I.gin_trgm_ops)', home);
    execute format('create index files_trigrams on piper.files using gin (text %I.gin_trgm_ops) where text is not null', home);
    execute format('create index threads_trigrams on piper.threads using gin (title %I.gin_trgm_ops)', home);
  end if;
end $$;
