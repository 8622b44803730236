-- What the stand-in needs in its PostgreSQL database: functions that Redshift has, and who refers
-- to whom, which PostgreSQL does not remember without enforcing it.
CREATE SCHEMA redshift;

CREATE TABLE redshift.foreign_keys (child oid NOT NULL, parent oid NOT NULL);

-- Without fraction, and the statement's moment; SYSDATE is the transaction's.
CREATE FUNCTION redshift.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
  $$SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC')$$;
CREATE FUNCTION redshift.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS
  $$SELECT transaction_timestamp() AT TIME ZONE 'UTC'$$;

-- PostgreSQL rounds to a scale numbers of type numeric only.
CREATE FUNCTION redshift.round(value float8, places integer) RETURNS float8 LANGUAGE sql IMMUTABLE
AS $$SELECT round(value::numeric, places)::float8$$;
CREATE FUNCTION redshift.round(value numeric, places integer) RETURNS numeric LANGUAGE sql IMMUTABLE
AS $$SELECT round(value, places)$$;

CREATE FUNCTION redshift.dateadd(unit text, n numeric, moment timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE AS $$
  SELECT moment + trunc(n)::float8 * CASE unit
    WHEN 'second' THEN interval '1 second' WHEN 'minute' THEN interval '1 minute'
    WHEN 'hour' THEN interval '1 hour' WHEN 'day' THEN interval '1 day'
    WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month'
    WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END
$$;

-- How many boundaries lie between.
CREATE FUNCTION redshift.datediff(unit text, earlier timestamp, later timestamp) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN unit IN ('second', 'minute', 'hour', 'day') THEN
      round(extract(epoch FROM date_trunc(unit, later) - date_trunc(unit, earlier)) / CASE unit
        WHEN 'second' THEN 1 WHEN 'minute' THEN 60 WHEN 'hour' THEN 3600 ELSE 86400 END)::bigint
    WHEN unit = 'year' THEN (extract(year FROM later) - extract(year FROM earlier))::bigint
    WHEN unit = 'month' THEN (12 * (extract(year FROM later) - extract(year FROM earlier))
      + extract(month FROM later) - extract(month FROM earlier))::bigint
    WHEN unit = 'quarter' THEN (4 * (extract(year FROM later) - extract(year FROM earlier))
      + extract(quarter FROM later) - extract(quarter FROM earlier))::bigint
  END
$$;

-- AVG of integers is an integer, of other types what PostgreSQL makes of them.
CREATE FUNCTION redshift.avg_step(state numeric[], value numeric) RETURNS numeric[]
LANGUAGE sql IMMUTABLE AS
  $$SELECT CASE WHEN value IS NULL THEN state ELSE ARRAY[state[1] + value, state[2] + 1] END$$;
CREATE FUNCTION redshift.avg_step(state numeric[], value bigint) RETURNS numeric[]
LANGUAGE sql IMMUTABLE AS $$SELECT redshift.avg_step(state, value::numeric)$$;
CREATE FUNCTION redshift.avg_step(state numeric[], value integer) RETURNS numeric[]
LANGUAGE sql IMMUTABLE AS $$SELECT redshift.avg_step(state, value::numeric)$$;
CREATE FUNCTION redshift.avg_step(state float8[], value float8) RETURNS float8[]
LANGUAGE sql IMMUTABLE AS
  $$SELECT CASE WHEN value IS NULL THEN state ELSE ARRAY[state[1] + value, state[2] + 1] END$$;
CREATE FUNCTION redshift.avg_whole(state numeric[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  $$SELECT CASE WHEN state[2] > 0 THEN trunc(state[1] / state[2])::bigint END$$;
CREATE FUNCTION redshift.avg_numeric(state numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS
  $$SELECT CASE WHEN state[2] > 0 THEN state[1] / state[2] END$$;
CREATE FUNCTION redshift.avg_float(state float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE AS
  $$SELECT CASE WHEN state[2] > 0 THEN state[1] / state[2] END$$;
CREATE AGGREGATE redshift.avg(integer)
  (sfunc = redshift.avg_step, stype = numeric[], initcond = '{0,0}',
   finalfunc = redshift.avg_whole);
CREATE AGGREGATE redshift.avg(bigint)
  (sfunc = redshift.avg_step, stype = numeric[], initcond = '{0,0}',
   finalfunc = redshift.avg_whole);
CREATE AGGREGATE redshift.avg(numeric)
  (sfunc = redshift.avg_step, stype = numeric[], initcond = '{0,0}',
   finalfunc = redshift.avg_numeric);
CREATE AGGREGATE redshift.avg(float8)
  (sfunc = redshift.avg_step, stype = float8[], initcond = '{0,0}', finalfunc = redshift.avg_float);
