-- What formulas compute. Nothing here raises, whatever the data: what there is no value for, or too large a one, is null.

-- These are written into the statement they stand in, so their argument appears once. A bound that is reached becomes null,
-- and so do null (which greatest leaves out), NaN and the infinities.

-- Numbers of at most 100 digits before the point.
create function piper.formula_number(given numeric) returns numeric language sql immutable parallel safe as $$
  select nullif(nullif(least(greatest(given, -1e100), 1e100), 1e100), -1e100)
$$;

-- Whole numbers as far as a double counts exactly: they are numbers in JSON.
create function piper.formula_integer(given numeric) returns bigint language sql immutable parallel safe as $$
  select nullif(nullif(least(greatest(given, -9007199254740992), 9007199254740992), 9007199254740992), -9007199254740992)::bigint
$$;

-- Dates of the years 1 to 9999.
create function piper.formula_date(given date) returns date language sql immutable parallel safe as $$
  select nullif(nullif(least(greatest(given, make_date(-1, 12, 31)), make_date(10000, 1, 1)), make_date(10000, 1, 1)), make_date(-1, 12, 31))
$$;

-- Moments of the years 1 to 9999, to the millisecond, as they are shown.
create function piper.formula_moment(given timestamptz) returns timestamptz language sql stable parallel safe as $$
  select nullif(nullif(least(greatest(date_trunc('milliseconds', given),
      timestamptz '0001-12-31 23:59:59+00 BC'), timestamptz '10000-01-01 00:00:00+00'),
      timestamptz '10000-01-01 00:00:00+00'), timestamptz '0001-12-31 23:59:59+00 BC')
$$;

-- These are called.

create function piper.formula_power(base numeric, exponent numeric) returns numeric language plpgsql immutable strict parallel safe as $$
declare
  size numeric;
begin
  if exponent = 0 or base = 1 then return 1; end if;
  if base = 0 then return case when exponent > 0 then 0 end; end if;
  if base < 0 and exponent <> trunc(exponent) then return null; end if;
  if abs(exponent) > 1000000000 then return null; end if;
  -- How many digits the result will have; the database would compute up to 131072 of them.
  size := log(abs(base)) * exponent;
  if size >= 100 then return null; end if;
  if size < -100 then return 0; end if;
  return trim_scale(power(base, exponent));
end $$;

create function piper.formula_sqrt(given numeric) returns numeric language plpgsql immutable strict parallel safe as $$
begin
  return case when given >= 0 then trim_scale(sqrt(given)) end;
end $$;

create function piper.formula_round(given numeric, decimals numeric) returns numeric language plpgsql immutable strict parallel safe as $$
begin
  return round(given, least(greatest(decimals, -100), 100)::int);
end $$;

create function piper.formula_left(given text, count numeric) returns text language plpgsql immutable strict parallel safe as $$
begin
  return left(given, least(greatest(count, 0), 100000000)::int);
end $$;

create function piper.formula_right(given text, count numeric) returns text language plpgsql immutable strict parallel safe as $$
begin
  return right(given, least(greatest(count, 0), 100000000)::int);
end $$;

create function piper.formula_mid(given text, start numeric, count numeric) returns text language plpgsql immutable strict parallel safe as $$
begin
  return substr(given, least(greatest(start, 1), 100000000)::int, least(greatest(count, 0), 100000000)::int);
end $$;

-- Replacing short parts by long ones multiplies a text: one that would be longer than 10 million characters is not made.
create function piper.formula_replace(given text, part text, put text) returns text language plpgsql immutable strict parallel safe as $$
declare
  times bigint;
begin
  if part = '' then return given; end if;
  times := (length(given) - length(replace(given, part, ''))) / length(part);
  if length(given) + times * (length(put) - length(part)) > 10000000 then return null; end if;
  return replace(given, part, put);
end $$;

create function piper.formula_date_of(year numeric, month numeric, day numeric) returns date language plpgsql immutable strict parallel safe as $$
begin
  if year not between 1 and 9999 or month not between 1 and 12 or day not between 1 and 31 then return null; end if;
  if day > extract(day from make_date(year::int, month::int, 1) + interval '1 month - 1 day') then return null; end if;
  return make_date(year::int, month::int, day::int);
end $$;

create function piper.formula_add_days(given date, count numeric) returns date language plpgsql immutable strict parallel safe as $$
begin
  if (given - date '0001-01-01') + count not between 0 and date '9999-12-31' - date '0001-01-01' then return null; end if;
  return given + count::int;
end $$;

create function piper.formula_add_seconds(given timestamptz, count numeric) returns timestamptz language plpgsql stable strict parallel safe as $$
begin
  -- 0001-01-01 and 10000-01-01, in seconds from 1970.
  if extract(epoch from given) + count not between -62135596800 and 253402300799.999 then return null; end if;
  return given + make_interval(secs => count::double precision);
end $$;

-- The 31st becomes the last day of a shorter month.
create function piper.formula_add_months(given timestamp, count numeric) returns timestamp language plpgsql immutable strict parallel safe as $$
begin
  if extract(year from given) * 12 + extract(month from given) - 1 + count not between 12 and 119999 then return null; end if;
  return given + make_interval(months => count::int);
end $$;

-- Whole months from the one to the other; negative when it is earlier.
create function piper.formula_months(earlier timestamp, later timestamp) returns numeric language plpgsql immutable strict parallel safe as $$
declare
  gap interval := age(later, earlier);
begin
  return extract(year from gap) * 12 + extract(month from gap);
end $$;
