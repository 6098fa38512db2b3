-- Every mail Piper has to send. Without SMTP it is held here, to be read and passed on by an owner or administrator.
create table piper.outbox (
  id              uuid primary key,
  to_address      text not null,
  subject         text not null,
  -- Emptied once the mail was sent: it may hold a link that lets its reader in.
  text            text,
  html            text,
  status          text not null check (status in ('queued', 'sent', 'failed', 'held')),
  attempts        int not null default 0,
  -- Also the claim of whoever is sending it: moved on before the attempt, so that nobody else takes it meanwhile.
  next_attempt_at timestamptz not null default now(),
  error           text,
  sent_at         timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  created_by      uuid,
  version         int not null default 1
);
create index outbox_due on piper.outbox (next_attempt_at) where status = 'queued';
create index outbox_newest on piper.outbox (created_at desc, id desc);
