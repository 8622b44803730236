"""Times `report --html` on many plays beside plain scans of them, in a local warehouse of its own.

Usage: report_bench.py BIN_DIR [PLAYS]. The rows are made in the database (10,000,000 plays unless
told otherwise; about 300 bytes each on disk), shaped like those of the public data: 4.7 % of the plays
match, 15,000 songs, one listener for each hundred plays. Printed are the seconds of the
dashboard and of every question, beside those of one scan that reads each column of each play.
It fails if the dashboard takes longer than one such scan for each question, or more than 3 MB.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.programs import LocalWarehouse, Programs  # noqa: E402

LARGEST = 3_000_000
ROUNDS = 2
# Each is MAX of a column: the row is read to its end, and little is computed.
COUNT = "SELECT COUNT(*) FROM star.songplays"
SCAN = "SELECT " + ", ".join(f"MAX({column})" for column in (
    "songplay_id", "start_time", "user_id", "level", "song_id", "artist_id", "session_id",
    "location", "user_agent")) + " FROM star.songplays"
FILL = """
INSERT INTO star.artists SELECT 'AR' || lpad(i::text, 16, '0'), 'Band ' || i, 'Oslo', NULL, NULL
  FROM generate_series(0, 9999) i;
INSERT INTO star.songs SELECT 'SO' || lpad(i::text, 16, '0'), 'Song ' || i,
  'AR' || lpad((i % 10000)::text, 16, '0'), 1950 + i % 70, 200.5 FROM generate_series(0, 14999) i;
INSERT INTO star.users SELECT i, 'First ' || i % 500, 'Last ' || i % 900, 'F',
  CASE WHEN i % 4 = 0 THEN 'paid' ELSE 'free' END, timestamp '2019-10-31'
  FROM generate_series(0, {listeners} - 1) i;
INSERT INTO star.songplays (start_time, user_id, level, song_id, artist_id, session_id, location,
                            user_agent)
SELECT timestamp '2018-11-01' + interval '1 second' * (i * 31536000.0 / {plays}), who,
       -- One listener in twelve changes from free to paid in the middle.
       CASE WHEN who % 4 = 0 AND (who % 3 > 0 OR i > {plays} / 2) THEN 'paid' ELSE 'free' END,
       CASE WHEN i % 21 = 0 THEN 'SO' || lpad(song::text, 16, '0') END,
       CASE WHEN i % 21 = 0 THEN 'AR' || lpad((song % 10000)::text, 16, '0') END,
       i / 10, 'Metropolis-Springfield-' || who % 400 || ', ' ||
       (ARRAY['CA', 'NY-NJ-PA', 'TX', 'FL', 'IL-IN-WI', 'GA', 'OR-WA', 'ME'])[1 + who % 8],
       '"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/' ||
       30 + who % 40 || '.0.1985.143 Safari/537.36"'
FROM (SELECT i, (i / 10) * 7919 % {listeners} AS who,
             floor(15000 * power(((i * 2654435761) % 1000003) / 1000003.0, 3))::int AS song
      FROM generate_series(0::bigint, {plays} - 1) i) made;
INSERT INTO stage.staging_events (ts, page, user_id, registration)
SELECT now() AT TIME ZONE 'UTC', 'NextSong', i % {listeners}, 1540344794796.0
  FROM generate_series(1, {plays} / 10) i;
INSERT INTO stage.etl_runs VALUES
  ('bench', '2018-12-01', '2018-12-01 00:01', 'published', 1, 1, 0, 0, 1, 1, 1, 0, 'full', 0,
   'bench', '{{}}');
-- As the local engine has them after a load.
CREATE STATISTICS star.songplays_start_time_day ON (CAST(start_time AS date)) FROM star.songplays;
CREATE STATISTICS star.songplays_start_time_hour
  ON (CAST(FLOOR(date_part('hour', start_time)) AS integer)) FROM star.songplays;
CREATE STATISTICS star.songplays_start_time_dow
  ON (CAST(FLOOR(date_part('dow', start_time)) AS integer)) FROM star.songplays;
VACUUM ANALYZE;
"""


def seconds(act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def fill(warehouse: LocalWarehouse, plays: int) -> None:
    warehouse.manage("create")
    warehouse.programs.run("create_tables", cfg=warehouse.cfg)
    # One by one: VACUUM will not be part of a transaction.
    for statement in FILL.format(plays=plays, listeners=max(100, plays // 100)).split(";\n"):
        if statement.strip():
            psql = subprocess.run(warehouse.psql_command(statement), env=warehouse.psql_env(),
                                  check=False, capture_output=True, text=True)
            assert psql.returncode == 0, psql.stderr


def compare(warehouse: LocalWarehouse, plays: int) -> int:
    took = seconds(lambda: fill(warehouse, plays))
    print(f"{plays:,} plays made in {took:.0f} s, {os.cpu_count()} cores")
    page = warehouse.folder / "dashboard.html"

    def report(*args) -> str:
        return warehouse.programs.run("report", *args, "--quiet", cfg=warehouse.cfg,
                                      timeout=3600).out

    names = [row["name"] for row in json.loads(report("--list", "--format", "json"))["questions"]]
    best = {}
    for _ in range(ROUNDS):
        for name, act in (("one scan", lambda: warehouse.sql(SCAN)),
                          ("count(*)", lambda: warehouse.sql(COUNT)),
                          ("dashboard", lambda: report("--html", page))):
            took = seconds(act)
            best[name] = min(took, best.get(name, took))
    for name in names:
        print(f"  {name:24} {seconds(lambda: report(name)):6.2f} s")  # pylint: disable=W0640
    for name, took in best.items():
        print(f"{name:26} {took:6.2f} s")
    limit = best["one scan"] * len(names)
    size = page.stat().st_size
    print(f"{len(names)} scans would be {limit:.1f} s: the dashboard takes"
          f" {best['dashboard'] / limit:.2f} of that; {size:,} bytes")
    return 0 if best["dashboard"] <= limit and size <= LARGEST else 1


def main() -> int:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder = Path(tempfile.mkdtemp(prefix="dwh-bench-", dir="/tmp"))
    folder.chmod(0o755)
    warehouse = LocalWarehouse(Programs(Path(sys.argv[1]).resolve()), folder)
    try:
        return compare(warehouse, int(sys.argv[2]) if len(sys.argv) == 3 else 10_000_000)
    finally:
        warehouse.remove()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
