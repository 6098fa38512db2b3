-- Lists over everything a person may see, newest first: the rules are checked along the order instead of on every row.
create index messages_newest on piper.messages (created_at desc, id desc);
create index runs_newest on piper.runs (created_at desc, id desc);
