create table piper.users (
  id               uuid primary key,
  email            text not null,
  name             text not null,
  image            text,
  role             text not null check (role in ('OWNER', 'ADMIN', 'MEMBER')),
  password_hash    text,
  external_issuer  text,
  external_subject text,
  preferences      jsonb not null default '{}',
  disabled_at      timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  created_by       uuid,
  version          int not null default 1,
  unique (external_issuer, external_subject)
);
create unique index users_email on piper.users (lower(email));

-- A session is a family of refresh tokens. Presenting a used one revokes the family.
create table piper.sessions (
  id           uuid primary key,
  user_id      uuid not null references piper.users on delete cascade,
  user_agent   text,
  ip           text,
  last_used_at timestamptz not null default now(),
  expires_at   timestamptz not null,
  revoked_at   timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  created_by   uuid,
  version      int not null default 1
);
create index sessions_user on piper.sessions (user_id);

create table piper.refresh_tokens (
  hash       bytea primary key,
  session_id uuid not null references piper.sessions on delete cascade,
  used_at    timestamptz,
  created_at timestamptz not null default now()
);
create index refresh_tokens_session on piper.refresh_tokens (session_id);
