"""Broken records: which, where and why; and that a refused load leaves all as it was."""

import json
import re
from collections import Counter

import pytest

from support.broken_records import BROKEN, BROKEN_UTF8, line, write_broken
from support.sparkify import expected_star, play, song_file, write_json

pytestmark = [pytest.mark.db, pytest.mark.sanitize]


@pytest.fixture
def broken(dwh):
    """A published load; then one file for each way to break a record."""
    dwh.etl()
    write_broken(dwh.source)
    return dwh


def expected_rejects() -> Counter:
    rejects = [(name, column, code) for name, (_, column, code, _, _) in BROKEN.items()]
    return Counter([*rejects, ("UTF-8", *BROKEN_UTF8[:2])])


def listed_rejects(dwh, table: str) -> list[dict]:
    text = (dwh.results / f"load_errors_{table}.json").read_text(encoding="utf-8")
    return [one | {"column": column} for column, some in json.loads(text).items() for one in some]


def stem(path: str) -> str:
    return re.sub(r".*/(.*)\.json$", r"\1", path)


def check_rejects(dwh, messages: str) -> None:
    """Each broken record is listed once, with file, line, column, code, reason and value."""
    found = listed_rejects(dwh, "staging_events")
    assert Counter((stem(one["filename"]), one["column"], one["err_code"])
                   for one in found) == expected_rejects()
    for one in found:
        name = stem(one["filename"])
        words = BROKEN[name][3] if name in BROKEN else BROKEN_UTF8[2]
        assert words in one["err_reason"], one
        assert one["line_number"] == 2, one
        assert one["filename"] == f"{dwh.source}/log_data/broken/{name}.json"
        assert one["raw_line"]
    shown = [text for text in messages.splitlines() if "/broken/" in text]
    for text in shown:
        where = rf"{dwh.source}/log_data/broken/(.*)\.json line 2"
        assert re.search(where + r"(, column \w+)?: .+ \(12\d\d\)", text), text
    assert "load_errors_staging_events.json" in messages
    # The screen shows the first 20 and says how many more the file holds.
    assert len(shown) == 20
    assert f"and {len(found) - 20} more in the file" in messages


def test_nothing_tolerated(broken):
    before, ledger = broken.content(), broken.ledger()
    done = broken.etl(check=4)
    assert broken.content() == before
    assert broken.ledger() == ledger
    assert done.out == ""
    check_rejects(broken, done.err)
    assert "MAX_ERRORS" in done.err
    total = len(BROKEN) + 1
    assert f"{total} of " in done.err
    # The database holds them too, under Redshift's name, and the run with its books.
    assert broken.sql("SELECT count(*) FROM stl_load_errors"
                      " WHERE starttime >= (SELECT max(started_at) FROM stage.etl_runs)"
                      ) == str(total)
    assert broken.sql("SELECT outcome, objects_failed, rejects, records - rows_loaded,"
                      " objects_listed - objects_loaded - objects_known - objects_failed"
                      " FROM stage.etl_runs ORDER BY started_at DESC LIMIT 1"
                      ) == f"rejected|{total}|{total}|{total}|0"


def test_one_more_than_tolerated(broken):
    total = len(BROKEN) + 1
    broken.set("ETL", "MAX_ERRORS", str(total))
    broken.etl(check=4)
    broken.set("ETL", "MAX_ERRORS", str(total + 1))
    broken.etl()


def test_tolerated(broken):
    broken.set("ETL", "MAX_ERRORS", "100")
    plays = broken.sql("SELECT count(*) FROM star.songplays")
    done = broken.etl()
    check_rejects(broken, done.err)
    total = len(BROKEN) + 1
    good = 2 * total + sum(extra for *_, extra in BROKEN.values())
    assert broken.sql("SELECT count(*) FROM stage.staging_events WHERE user_id = 44") == str(good)
    # They all tell of one play.
    assert broken.sql("SELECT count(*) FROM star.songplays") == str(int(plays) + 1)
    assert broken.sql("SELECT count(*) FROM star.songplays WHERE user_id = 44") == "1"
    check_books(broken, done.out, rejects=total)


def check_books(dwh, screen: str, rejects: int) -> None:
    """Per object: records = rows + rejects; the sums of those it loaded are the run's, and the sums
    of all are what the tables hold."""
    assert dwh.sql("SELECT count(*) FROM stage.etl_objects WHERE records <> rows_loaded + rejects"
                   ) == "0"
    sums = dwh.sql("SELECT count(*), sum(size_bytes), sum(records), sum(rows_loaded), sum(rejects)"
                   " FROM stage.etl_objects WHERE run_id = (SELECT run_id FROM stage.etl_runs"
                   " ORDER BY started_at DESC LIMIT 1)")
    assert dwh.sql("SELECT objects_loaded, bytes, records, rows_loaded, rejects FROM stage.etl_runs"
                   " ORDER BY started_at DESC LIMIT 1") == sums
    assert sums.endswith(f"|{rejects}")
    for table in ("staging_events", "staging_songs"):
        rows = dwh.sql(f"SELECT count(*) FROM stage.{table}")
        assert dwh.sql("SELECT sum(rows_loaded) FROM stage.etl_objects"
                       f" WHERE table_name = '{table}'") == rows
    files = [path for path in (dwh.source / "log_data/broken").iterdir()]
    assert sums.startswith(f"{len(files)}|{sum(path.stat().st_size for path in files)}|")
    row = next(text.split() for text in screen.splitlines()
               if text.startswith("stage.staging_events") and len(text.split()) > 2)
    listed, loaded, known, failed, records, rows, rejected = (
        int(word.replace(",", "")) for word in row[1:])
    assert listed == loaded + known + failed
    assert records == rows + rejected
    assert rejected == rejects


def test_rejects_of_each_object_are_its_own(broken):
    broken.set("ETL", "MAX_ERRORS", "100")
    broken.etl()
    found = dict(row.split("|", 1) for row in broken.sql(
        "SELECT object_key, records, rows_loaded, rejects FROM stage.etl_objects"
        " WHERE object_key LIKE '%/broken/%'").splitlines())
    assert {stem(key): books for key, books in found.items()} == (
        {name: f"{3 + extra}|{2 + extra}|1" for name, (*_, extra) in BROKEN.items()}
        | {"UTF-8": "3|2|1"})


def test_every_table_is_looked_at_before_the_load_is_refused(dwh):
    dwh.etl()
    before = dwh.content()
    (dwh.source / "log_data/broken.json").write_text("{\n")
    bad_song = song_file(990) | {"year": "MMXX", "title": None}
    write_json(dwh.source / "song_data/A/broken.json", [song_file(991), bad_song])
    done = dwh.etl(check=4)
    assert [one["column"] for one in listed_rejects(dwh, "staging_events")] == [""]
    (song,) = listed_rejects(dwh, "staging_songs")
    assert (song["column"], song["line_number"], song["err_code"]) == ("year", 2, 1207)
    assert song["raw_field_value"] == "MMXX"
    assert "stage.staging_events" in done.err and "stage.staging_songs" in done.err
    assert dwh.content() == before


def test_mended_files_load_and_old_lists_of_rejects_go(broken):
    broken.etl(check=4)
    for path in (broken.source / "log_data/broken").iterdir():
        path.write_text(line())
    broken.etl()
    assert listed_rejects(broken, "staging_events") == []
    assert broken.star() == expected_star(broken.source)


def test_failed_check_publishes_nothing(dwh):
    dwh.etl()
    before = dwh.content()
    # A play without a user, and one at a time when there was no such music.
    write_json(dwh.source / "log_data/odd.json", [play(userId=""), play(ts=-1)])
    done = dwh.etl(check=4)
    assert "songplays_keys" in done.err and "no user" in done.err
    assert "plausible_times" in done.err and "1969-12-31" in done.err
    assert dwh.content() == before
    assert "Nothing is new" not in dwh.etl(check=4).err, "the ledger did not take the files"


def test_too_many_to_list(dwh):
    (dwh.source / "log_data/junk.json").write_text("junk\n" * 3000)
    done = dwh.etl(check=4)
    found = listed_rejects(dwh, "staging_events")
    assert len(found) == 1000
    assert [one["line_number"] for one in found] == list(range(1, 1001))
    assert "980 more in the file" in done.err
