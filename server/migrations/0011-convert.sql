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

-- Forms are tested without capturing, and parts are taken by their place: many times quicker than a match with groups.

-- A year of 1 to 9999, a month, a day that month has; nothing else of a moment's text is looked at.
create function piper.try_date(given text) returns date language plpgsql immutable strict parallel safe as $$
declare
  plain text := btrim(given, E' \t\r\n');
  year int;
  month int;
  day int;
begin
  if plain !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ].*)?$' then return null; end if;
  year := substr(plain, 1, 4)::int;
  month := substr(plain, 6, 2)::int;
  day := substr(plain, 9, 2)::int;
  if year < 1 or (day > 28 and day > extract(day from make_date(year, month, 1) + interval '1 month - 1 day')) then return null; end if;
  return make_date(year, month, day);
end $$;

-- 10:30, 10:30:15, 10:30:15.250; or the time of a moment. Cut to milliseconds.
create function piper.try_time(given text) returns time language plpgsql immutable strict parallel safe as $$
declare
  plain text := btrim(given, E' \t\r\n');
begin
  if plain ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]' then plain := substr(plain, 12); end if;
  if plain !~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$' then return null; end if;
  return make_time(substr(plain, 1, 2)::int, substr(plain, 4, 2)::int,
    case when substr(plain, 6, 1) <> ':' then 0
      when substr(plain, 9, 1) <> '.' then substr(plain, 7, 2)::int
      else substr(plain, 7, 2)::int + rpad(substring(substr(plain, 10, 3) from '^[0-9]+'), 3, '0')::int / 1000.0 end);
end $$;

-- As on the wire: without a zone it is UTC; a bare date is its first moment. Cut to milliseconds.
create function piper.try_date_time(given text) returns timestamptz language plpgsql immutable strict parallel safe as $$
declare
  plain text := btrim(given, E' \t\r\n');
  day date := piper.try_date(plain);
  moment timestamp;
  away interval := interval '0';
begin
  if day is null then return null; end if;
  if length(plain) = 10 then return day::timestamp at time zone 'UTC'; end if;
  moment := day + piper.try_time(substr(plain, 12));
  if plain ~ '[+-][0-9]{2}:?[0-9]{2}$' then
    plain := replace(right(plain, 6), ':', '');
    away := make_interval(hours => substr(right(plain, 5), 2, 2)::int, mins => right(plain, 2)::int);
    if away >= interval '24 hours' or right(plain, 2)::int > 59 then return null; end if;
    if left(right(plain, 5), 1) = '-' then away := -away; end if;
  end if;
  moment := moment - away;
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

-- Seconds; or hours, minutes and seconds with colons.
create function piper.try_duration(given text) returns bigint language plpgsql immutable strict parallel safe as $$
declare
  part text[] := regexp_match(btrim(given, E' \t\r\n'), '^([0-9]{1,9}):([0-5][0-9])(?::([0-5][0-9]))?$');
begin
  if part is null then return piper.try_integer(given); end if;
  return part[1]::bigint * 3600 + part[2]::bigint * 60 + coalesce(part[3], '0')::bigint;
end $$;

create function piper.try_url(given text) returns text language sql immutable strict parallel safe as $$
  select case when char_length(btrim(given, E' \t\r\n')) <= 2000
    and btrim(given, E' \t\r\n') !~ '[\s[:cntrl:]<>"''`\\{}|^]'
    and btrim(given, E' \t\r\n') ~* '^(https?://([^/?#@]*@)?(\[[0-9a-f:.]+\]|[^]/?#@:[]+)(:[0-9]{1,5})?([/?#].*)?|mailto:[^@?]+@[^@?]+(\?.*)?|tel:\+?[0-9().-]{2,40})$'
    then btrim(given, E' \t\r\n') end
$$;

create function piper.try_phone(given text) returns text language sql immutable strict parallel safe as $$
  select case when char_length(given) <= 60 and plain ~ '^\+?[0-9]{3,15}$' then plain end
  from (select regexp_replace(regexp_replace(given, '[\s().\-/\u00a0\u2010-\u2015]', '', 'g'), '^00', '+') as plain) number
$$;

create function piper.try_colour(given text) returns text language sql immutable strict parallel safe as $$
  select case
    when plain ~ '^#[0-9a-f]{6}$' then plain
    when plain ~ '^#[0-9a-f]{3}$' then regexp_replace(plain, '([0-9a-f])', '\1\1', 'g')
  end
  from (select lower(btrim(given, E' \t\r\n')) as plain) colour
$$;

-- A JSON list of texts and numbers, or what stands between commas; each once, in the order of the first.
create function piper.try_texts(given text) returns text[] language plpgsql immutable strict parallel safe as $$
declare
  items text[];
begin
  if given ~ '^\s*\[' then
    begin
      if exists (select from jsonb_array_elements(given::jsonb) item where jsonb_typeof(item) not in ('string', 'number')) then return null; end if;
      select array_agg(item order by place) into items from jsonb_array_elements_text(given::jsonb) with ordinality as list(item, place);
    exception when others then
      return null;
    end;
  else
    items := regexp_split_to_array(btrim(given, E' \t\r\n'), '\s*,\s*');
  end if;
  return coalesce((select array_agg(item order by place) from (select item, min(place) as place from unnest(items) with ordinality as list(item, place) where item <> '' group by item) once), '{}');
end $$;

create function piper.try_uuids(given text) returns uuid[] language plpgsql immutable strict parallel safe as $$
declare
  items text[] := piper.try_texts(given);
begin
  if exists (select from unnest(items) item where piper.try_uuid(item) is null) then return null; end if;
  return coalesce((select array_agg(id order by place) from (select piper.try_uuid(item) as id, min(place) as place from unnest(items) with ordinality as list(item, place) group by 1) once), '{}');
end $$;

-- `52.5, 13.4` is latitude and longitude, as people write it; GeoJSON is longitude and latitude.
create function piper.try_point(given text) returns point language plpgsql immutable strict parallel safe as $$
declare
  part text[] := regexp_match(btrim(given, E' \t\r\n'), '^(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)\s*,\s*(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)$');
  place jsonb;
begin
  if part is null and given ~ '^\s*\{' then
    begin
      place := given::jsonb;
      if place->>'type' = 'Point' and jsonb_array_length(place->'coordinates') = 2 then
        part := array[place->'coordinates'->>1, place->'coordinates'->>0];
        if part[1] !~ '^-?[0-9]{1,3}(\.[0-9]{1,30})?$' or part[2] !~ '^-?[0-9]{1,3}(\.[0-9]{1,30})?$' then return null; end if;
      end if;
    exception when others then
      return null;
    end;
  end if;
  if part is null or abs(part[1]::float8) > 90 or abs(part[2]::float8) > 180 then return null; end if;
  return point(part[2]::float8, part[1]::float8);
end $$;

-- A document's text, one line a paragraph. Where children are texts they belong to one line.
create function piper.rich_text_plain(node jsonb) returns text language plpgsql immutable strict parallel safe as $$
declare
  parts text[];
begin
  if jsonb_typeof(node) <> 'object' then return ''; end if;
  if node ? 'text' then return node->>'text'; end if;
  if node->>'type' in ('hardBreak', 'hard_break') then return E'\n'; end if;
  if jsonb_typeof(node->'content') is distinct from 'array' then return ''; end if;
  select array_agg(piper.rich_text_plain(child) order by place) into parts from jsonb_array_elements(node->'content') with ordinality as list(child, place);
  return coalesce(array_to_string(parts, case when jsonb_path_exists(node, '$.content[*].text') then '' else E'\n' end), '');
end $$;

create function piper.rich_text_of(given text) returns jsonb language sql immutable strict parallel safe as $$
  select jsonb_build_object('type', 'doc', 'content', jsonb_agg(
    case when line = '' then '{"type": "paragraph"}'::jsonb
    else jsonb_build_object('type', 'paragraph', 'content', jsonb_build_array(jsonb_build_object('type', 'text', 'text', line))) end order by place))
  from regexp_split_to_table(given, E'\r?\n') with ordinality as list(line, place)
$$;
