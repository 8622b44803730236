"""What etl says when the source changes its shape: once, and only then."""

import shutil

import pytest

from support.postgres_fixture import postgres  # noqa: F401
from support.redshift_dwh_fixture import make_dwh, redshift_dwh  # noqa: F401
from support.redshift_fixture import (  # noqa: F401
    authority, make_redshift, moto, shared_redshift)
from support.sparkify import play, song_file, write_json

pytestmark = [pytest.mark.db]

DAY = 86_400_000


class Nights:
    """A source to which each night adds a file of 250 events and a file of 250 songs."""

    def __init__(self, dwh):
        self.dwh = dwh
        self.night = 0

    def run(self, change_event=None, change_song=None, records: int = 250) -> list[str]:
        """One night's data, changed, and what etl says of them."""
        self.night += 1
        events = [play(ts=1541106106796 + self.night * DAY + n, sessionId=n)
                  for n in range(records)]
        songs = [song_file(self.night * 1000 + n) for n in range(records)]
        write_json(self.dwh.source / f"log_data/new/{self.night:02}.json",
                   [(change_event or dict)(event) for event in events])
        write_json(self.dwh.source / f"song_data/new/{self.night:02}.json",
                   [(change_song or dict)(song) for song in songs])
        return self.said()

    def said(self) -> list[str]:
        return said(self.dwh.etl().err)


def said(text: str) -> list[str]:
    return [one.removeprefix("etl: warning: ") for one in text.splitlines() if "has changed" in one]


@pytest.fixture
def nights(dwh) -> Nights:
    shutil.rmtree(dwh.source)
    made = Nights(dwh)
    for _ in range(5):
        assert made.run() == []
    return made


def test_more_of_the_same_is_no_news(nights):
    assert nights.run(records=100) == []
    for _ in range(5):
        assert nights.run() == []
    runs = nights.dwh.sql("SELECT count(DISTINCT run_id) FROM stage.etl_profiles"
                          " GROUP BY table_name")
    assert runs == "8\n8", "the tables do not grow"


def test_a_key_that_no_column_takes(nights):
    (text,) = nights.run(lambda event: event | {"country": "NO"})
    assert text.startswith('The source of staging_events has changed: key "country" is in 250 of '
                           "250 sampled records (")
    assert f"{nights.dwh.source}/log_data/new/06.json" in text
    assert nights.run(lambda event: event | {"country": "NO"}) == []
    assert nights.run() == []
    assert nights.run(lambda event: event | {"country": "NO"}) == []
    (text,) = nights.run(change_song=lambda song: song | {"Title": "x"})
    assert 'staging_songs has changed: key "Title" is in 250' in text, "names go by their case"


def test_a_key_is_gone(nights):
    def change(song):
        return {key: value for key, value in song.items() if key != "year"}
    (text,) = nights.run(change_song=change)
    assert 'staging_songs has changed: key "year" is in none of 250 sampled records' in text
    assert f"{nights.dwh.source}/song_data/new/06.json" in text
    assert nights.run(change_song=change) == []
    assert nights.run() == []


def test_another_type(nights):
    (text,) = nights.run(lambda event: event | {"userId": int(event["userId"])})
    assert 'key "userId" is a number in 100 % of 250 sampled values, and was in 0 %' in text


def test_more_nulls(nights):
    def change(event):
        return event | {"location": "" if event["sessionId"] % 2 else None}
    (text,) = nights.run(change)
    assert 'key "location" is empty or missing in 250 of 250 sampled records, 100 %' in text
    assert nights.run(change) == []
    assert nights.run() == []


def test_sizes(nights):
    def change(event):
        return event | {"userAgent": "x" * 2000}
    objects, records = nights.run(change)
    assert "staging_events has changed: new objects have " in objects
    assert ("staging_events has changed: new records have 2.4 kB on average, and had 399 bytes in the"
            " last 5 runs (") in records
    assert nights.run(change) == []


def test_a_refused_load_tells_again(nights):
    dwh = nights.dwh
    write_json(dwh.source / "log_data/new/bad.json",
               [play(ts="?", country="NO")] + 100 * [play(country="NO")])
    assert len(said(dwh.etl(check=4).err)) == 1
    assert len(said(dwh.etl(check=4).err)) == 1
    dwh.set("ETL", "MAX_ERRORS", "2")
    assert len(nights.said()) == 1
    assert nights.run(lambda event: event | {"country": "NO"}) == []


def test_a_warehouse_without_the_tables_loads_all_the_same(nights):
    nights.dwh.sql("DROP TABLE stage.etl_profiles")
    assert nights.run(lambda event: event | {"country": "NO"}) == []
    nights.dwh.create_tables("--if-missing")
    assert len(nights.run(lambda event: event | {"country": "NO"})) == 1


def test_nothing_new_reads_nothing(nights):
    before = nights.dwh.sql("SELECT count(*), max(run_id) FROM stage.etl_profiles")
    assert "Nothing is new" in nights.dwh.etl().err
    assert nights.dwh.sql("SELECT count(*), max(run_id) FROM stage.etl_profiles") == before


@pytest.mark.aws
def test_redshift(redshift_dwh):  # noqa: F811
    dwh = redshift_dwh

    def night(number: int, **more) -> list[str]:
        write_json(dwh.source / f"log_data/new/{number}.json",
                   [play(ts=1541106106796 + number * DAY + n, **more) for n in range(250)])
        dwh.upload()
        return [one for one in said(dwh.etl().err) if "country" in one]
    assert night(1) == []
    (text,) = night(2, country="NO")
    assert 'staging_events has changed: key "country" is in 250 of 250' in text
    assert f"{dwh.place}/data/log_data/new/2.json" in text
    assert night(3, country="NO") == []
    assert dwh.redshift.sql("SELECT strings, records FROM stage.etl_profiles"
                            " WHERE key_name = 'country'") == [(250, 250), (250, 250)]
