"""Every star table against an independent computation from the JSON files."""

import os
import shutil

import pytest

from support.sparkify import (STAR_COLUMNS, expected_star, milliseconds, play, song_file,
                              write_json, write_sparkify)
from support.sql_files import SQL_DIR

pytestmark = [pytest.mark.db, pytest.mark.sanitize, pytest.mark.threads]


@pytest.fixture(scope="module")
def loaded(shared):
    shared.etl()
    ids = shared.sql("SELECT count(DISTINCT songplay_id) FROM star.songplays")
    return shared.star(), expected_star(shared.source), int(ids)


@pytest.mark.parametrize("table", STAR_COLUMNS)
def test_table_equals_the_independent_computation(loaded, table):
    found, expected, _ = loaded
    assert expected[table]
    assert found[table] == expected[table]


def test_the_traps_are_in_the_data(loaded):
    """A generator that lost its traps would prove nothing."""
    found, _, _ = loaded
    levels = {row[0]: row[4] for row in found["users"]}
    assert [levels[user] for user in (501, 502, 503, 504)] == ["free", "paid", "free", "paid"]
    assert 777 not in levels
    matches = {user: sorted(str(row[3]) for row in found["songplays"] if row[1] == user)
               for user in (700, 701, 702)}
    assert matches == {700: ["None", "None", "SOTWIN1", "SOTWIN1"],
                       701: ["None", "SO0000000000000909"], 702: ["SO0000000000000907"]}
    repeated = [row for row in found["songplays"] if row[1] == 703]
    assert len(repeated) == 2
    names = {row[0]: row[1] for row in found["artists"]}
    assert names["ARSAME"] == "Greater id"
    assert ["SOTWICE", "New name", "AR0000000000000903", 1981] in [r[:4] for r in found["songs"]]
    weeks = {(row[5], row[4], row[2]): (row[3], row[6]) for row in found["time"]}
    assert weeks[2018, 12, 30] == (52, 0)
    assert weeks[2018, 12, 31] == (1, 1)
    assert weeks[2021, 1, 1] == (53, 5)
    assert any(not row[0].endswith("000000") for row in found["time"]), "milliseconds are kept"


def test_songplay_ids_are_unique(loaded):
    found, _, ids = loaded
    assert ids == len(found["songplays"])


@pytest.mark.parametrize("seed", [2, 3])
def test_other_data(dwh, seed):
    write_sparkify(dwh.source, seed)
    dwh.etl()
    assert dwh.star() == expected_star(dwh.source)


def test_new_and_changed_files_give_what_a_fresh_load_gives(dwh):
    dwh.etl()
    songs = dwh.source / "song_data/A/B"
    write_json(songs / "TRNEW.json", [song_file(950, title="Nothing", artist_name="Nobody",
                                                duration=181.21098)])
    changed = next((dwh.source / "log_data/2018/12").glob("*31-events.json"))
    write_json(changed, [play(userId="5", level="paid", ts=milliseconds("2018-12-31", 7))])
    dwh.etl()
    found = dwh.star()
    assert found == expected_star(dwh.source)
    assert any(row[3] == "SO0000000000000950" for row in found["songplays"]), "old plays match too"


@pytest.mark.parametrize("name", ["insert/14_songplays.sql", "merge/23_songplays.sql"])
def test_a_lost_play_is_not_published(dwh, tmp_path, monkeypatch, name):
    """SQL that loses a user's plays: of a load of everything and of what is new."""
    shutil.copytree(SQL_DIR.parent / "config", tmp_path / "config")
    shutil.copytree(SQL_DIR, tmp_path / "sql")
    file = tmp_path / "sql/classic" / name
    file.write_text(file.read_text().replace("page = 'NextSong'", "page = 'NextSong' AND user_id <> 8"))
    monkeypatch.setitem(os.environ, "DWH_HOME", str(tmp_path))
    write_json(dwh.source / "log_data/new.json", [play(page="Home")])
    if name.startswith("merge"):
        dwh.etl()
        write_json(dwh.source / "log_data/new.json", [play(userId="8", itemInSession=9)])
    before = dwh.content()
    assert "nothing published: no_play_lost" in dwh.etl(check=4).err
    assert dwh.content() == before


ZONE_MAPS = """
SELECT indexdef FROM pg_indexes WHERE schemaname IN ('stage', 'star') AND indexdef LIKE '% brin %'
ORDER BY 1"""


def test_zone_maps_of_a_first_load(dwh):
    """They are those of create_tables, and every row that the star was filled with is in them."""
    maps = dwh.sql(ZONE_MAPS).splitlines()
    assert len(maps) > 5
    # More than the 128 blocks that a zone has, and by which an empty map begins.
    write_json(dwh.source / "log_data/many.json",
               [play(userAgent="x" * 1000, itemInSession=n, ts=milliseconds("2018-12-31", 7) + n)
                for n in range(3000)])
    dwh.etl()
    assert dwh.sql(ZONE_MAPS).splitlines() == maps
    assert dwh.sql("SELECT sum(brin_summarize_new_values(i.indexrelid)) FROM pg_index i"
                   " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
                   " WHERE a.amname = 'brin' AND c.relnamespace = 'star'::regnamespace") == "0"


def test_zone_maps_of_a_load_that_fails(dwh):
    write_json(dwh.source / "log_data/new.json", [play(ts=milliseconds("1969-01-01", 7))])
    maps = dwh.sql(ZONE_MAPS)
    assert "plausible_times" in dwh.etl(check=4).err
    assert dwh.sql(ZONE_MAPS) == maps


def test_names_of_files_are_kept_as_they_are(dwh):
    odd = dwh.source / "log_data" / "a\tb\nc\\d'e\"f\rg ü\\N.json"
    write_json(odd, [play(userId="5", ts=milliseconds("2018-12-31", 7))])
    dwh.etl()
    assert dwh.sql("SELECT count(*) FROM stage.etl_objects WHERE object_key = $name$"
                   f"{odd}$name$") == "1"
    assert "Nothing is new" in dwh.etl().err
