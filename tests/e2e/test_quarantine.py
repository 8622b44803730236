"""QUARANTINE=on: what cannot be loaded is left out and named, the rest is published."""

import shutil

import pytest

from support.sparkify import expected_star, milliseconds, play, song_file, write_json

pytestmark = [pytest.mark.db, pytest.mark.sanitize]


@pytest.fixture
def night(dwh):
    """A loaded warehouse; what is good in the source is mirrored in a folder of its own."""
    dwh.set("ETL", "QUARANTINE", "on")
    dwh.etl()
    dwh.good = dwh.folder / "good"
    shutil.copytree(dwh.source, dwh.good, dirs_exist_ok=True)
    yield dwh
    shutil.rmtree(dwh.good)


def put(dwh, name: str, records: list[dict], good: bool = True) -> None:
    write_json(dwh.source / name, records)
    if good:
        write_json(dwh.good / name, records)


def outcome(dwh) -> str:
    return dwh.sql("SELECT outcome, objects_loaded, objects_failed FROM stage.etl_runs"
                   " ORDER BY started_at DESC LIMIT 1")


def test_the_rest_is_published_and_the_bad_one_tried_again(night):
    put(night, "log_data/good.json", [play(userId="41", ts=milliseconds("2019-01-07", 5))])
    bad = "log_data/bad.json"
    put(night, bad, [play(userId="42"), play(userId="x")], good=False)
    put(night, "song_data/A/A/TRBAD.json", [song_file(970, year="soon")], good=False)
    done = night.etl(check=4)
    assert night.star() == expected_star(night.good)
    assert f"{night.source}/{bad}" in done.err and "TRBAD.json" in done.err
    assert "published without 2 objects" in done.err and "hint: " in done.err
    assert outcome(night) == "published|1|2"
    assert "bad.json" in (night.results / "load_errors_staging_events.json").read_text()
    known = night.ledger()
    # The next night has nothing else to do, and says so again.
    done = night.etl(check=4)
    assert "nothing is new but 2 objects" in done.err
    assert night.ledger() == known
    assert outcome(night) == "rejected|0|2"
    # Mended, they are news.
    put(night, bad, [play(userId="42"), play(userId="43")])
    put(night, "song_data/A/A/TRBAD.json", [song_file(970, year=1999)])
    night.etl()
    assert night.star() == expected_star(night.good)


def test_a_file_that_was_good_keeps_its_rows(night):
    path = sorted((night.source / "log_data").rglob("*.json"))[0]
    path.write_text(path.read_text() + "\n{broken")
    put(night, "log_data/new.json", [play(userId="44", ts=milliseconds("2019-01-07", 6))])
    done = night.etl(check=4)
    assert night.star() == expected_star(night.good)
    assert "gone from the source" not in done.err
    shutil.copy(night.good / path.relative_to(night.source), path)
    night.etl()
    assert night.star() == expected_star(night.good)


def test_an_object_that_fails_the_whole_copy(night):
    """COPY takes no object above 4 MB, whatever MAXERROR says."""
    huge = night.source / "log_data/huge.json"
    huge.write_text('{"artist": "' + "x" * (9 << 20))
    put(night, "log_data/new.json", [play(userId="45", ts=milliseconds("2019-01-07", 7))])
    done = night.etl(check=4)
    assert str(huge) in done.err and "4 MB" in done.err
    assert night.star() == expected_star(night.good)


def test_everything_bad_leaves_what_was_published(night):
    before = night.content()
    put(night, "log_data/bad.json", [play(userId="x")], good=False)
    night.etl(check=4)
    assert night.star() == expected_star(night.good)
    assert night.content() == before


def test_off_by_default(night):
    night.set("ETL", "QUARANTINE", None)
    before = night.content()
    put(night, "log_data/good.json", [play(userId="41")])
    put(night, "log_data/bad.json", [play(userId="x")], good=False)
    night.etl(check=4)
    assert night.content() == before


def test_a_first_load(dwh):
    dwh.set("ETL", "QUARANTINE", "on")
    good = dwh.folder / "good"
    shutil.copytree(dwh.source, good)
    write_json(dwh.source / "song_data/A/A/TRBAD.json", [song_file(970, year="soon")])
    dwh.etl(check=4)
    assert dwh.star() == expected_star(good)
    shutil.rmtree(good)
