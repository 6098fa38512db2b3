-- What a text becomes when a field changes its type. Each answers null where the text is no such value and never raises:
-- a conversion must go on over a million rows and list afterwards what did not convert.

create function piper.try_integer(given text) returns bigint language plpgsql immutable strict parallel safe as $$
declare
  plain text := btrim(given, E' \t\r\n');
begin
  if plain !~ '^[+-]?[0-9]{1,100}(\.0+)?$' then return null; end if;
  -- As far as a double counts exactly: the number must survive JavaScript.
  return case when plain::numeric between -9007199254740991 and 9007199254740991 then plain::numeric::bigint end;
end $$;

create function piper.try_decimal(given text) returns numeric language plpgsql immutable strict parallel safe as $$
declare
  plain text := btrim(given, E' \t\r\n');
begin
  return case when plain ~ '^[+-]?[0-9]{1,100}(\.[0-9]{1,100})?$' then plain::numeric end;
end $$;

create function piper.try_boolean(given text) returns boolean language sql immutable strict parallel safe as $$
  select case
    when lower(btrim(given, E' \t\r\n')) in ('true', 't', 'yes', 'y', 'on', '1') then true
    when lower(btrim(given, E' \t\r\n')) in ('false', 'f', 'no', 'n', 'off', '0') then false
  end
$$;

create function piper.try_uuid(given text) returns uuid language sql immutable strict parallel safe as $$
  select case when btrim(given, E' \t\r\n') ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then btrim(given, E' \t\r\n')::uuid end
$$;

-- A year of 1 to 9999, a month, a day that month has; nothing else of a moment's text is looked at.
create function piper.try_date(given text) returns date language plpgsql immutable strict parallel safe as $$
declare
  part text[] := regexp_match(btrim(given, E' \t\r\n'), '^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?$');
  last int;
begin
  if part is null or part[1]::int < 1 or part[2]::int not between 1 and 12 then return null; end if;
  last := extract(day from make_date(part[1]::int, part[2]::int, 1) + interval '1 month - 1 day');
  if part[3]::int not between 1 and last then return null; end if;
  return make_date(part[1]::int, part[2]::int, part[3]::int);
end $$;

-- 10:30, 10:30:15, 10:30:15.250; or the time of a moment.
create function piper.try_time(given text) returns time language plpgsql immutable strict parallel safe as $$
declare
  part text[] := regexp_match(btrim(given, E' \t\r\n'), '^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ])?([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$');
begin
  if part is null then return null; end if;
  return make_time(part[1]::int, part[2]::int, coalesce(part[3], '0')::int + rpad(substr(coalesce(part[4], '0'), 1, 3), 3, '0')::int / 1000.0);
end $$;

-- As on the wire: without a zone it is UTC; a bare date is its first moment. Cut to milliseconds.
create function piper.try_date_time(given text) returns timestamptz language plpgsql immutable strict parallel safe as $$
declare
  part text[] := regexp_match(btrim(given, E' \t\r\n'), '^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)(?:Z|([+-])([0-9]{2}):?([0-9]{2}))?)?$');
  day date := piper.try_date(part[1]);
  moment timestamp;
  away interval := interval '0';
begin
  if day is null then return null; end if;
  if part[2] is not null and piper.try_time(part[2]) is null then return null; end if;
  if part[3] is not null then
    if part[4]::int > 15 or part[5]::int > 59 then return null; end if;
    away := make_interval(hours => part[4]::int, mins => part[5]::int);
    if part[3] = '-' then away := -away; end if;
  end if;
  moment := day + coalesce(piper.try_time(part[2]), time '00:00') - away;
  return case when moment >= timestamp '0001-01-01' and moment < timestamp '10000-01-01' then moment at time zone 'UTC' end;
end $$;

create function piper.try_email(given text) returns text language sql immutable strict parallel safe as $$
  select case when char_length(btrim(given, E' \t\r\n')) <= 320 and btrim(given, E' \t\r\n') ~ '^[^\s@[:cntrl:]]{1,64}@[^\s@.[:cntrl:]]+(\.[^\s@.[:cntrl:]]+)*$' then btrim(given, E' \t\r\n') end
$$;

-- A text that is no JSON is a JSON text.
create function piper.try_json(given text) returns jsonb language plpgsql immutable strict parallel safe as $$
begin
  return given::jsonb;
exception when others then
  return to_jsonb(given);
end $$;
