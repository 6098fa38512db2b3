-- A reply kept for its key says itself how it went.
alter table piper.idempotent_replies drop column status;
