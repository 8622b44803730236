"""Would the histories notice a wrong merge? Each fault is seeded into a copy of sql/, and some
history has to fail there, while all of them pass with sql/ as it is.

A fault is a file, words that stand in it, and what takes their place wherever they stand.
"""

import os
import shutil
from pathlib import Path

import pytest

from support.histories import random_history
from support.history_player import HistoryPlayer

pytestmark = pytest.mark.db

PROJECT = Path(__file__).resolve().parents[2]
HISTORIES = 12
NIGHTS = 10

NEVER = "1 = 0"
FAULTS = {
    "removed plays are forgotten": (
        "remove/staging_events.sql", "WHERE load_id IN (:loads) AND page = 'NextSong'",
        f"WHERE {NEVER}"),
    "removed songs are forgotten": (
        "remove/staging_songs.sql", "FROM :\"stage_schema\".staging_songs\nWHERE",
        f"FROM :\"stage_schema\".staging_songs\nWHERE {NEVER} AND"),
    "rows of a changed object stay in staging": (
        "remove/staging_events.sql",
        "DELETE FROM :\"stage_schema\".staging_events WHERE",
        f"DELETE FROM :\"stage_schema\".staging_events WHERE {NEVER} AND"),
    "the first object of a load is forgotten": (
        "add/staging_events.sql", "load_id >= :first_load", "load_id > :first_load"),
    "late songs are not matched again": (
        "merge/10_rematched.sql", "WHERE e.page = 'NextSong'", f"WHERE {NEVER}"),
    "blanks at the end count when matching again": (
        "merge/10_rematched.sql", "RTRIM(e.song) = s.title", "e.song = s.title"),
    "only the first touched moment is looked at": (
        "merge/11_touched.sql", "MAX(ts)", "MIN(ts)"),
    "a play as late as the latest does not count": (
        "merge/20_users.sql", "touched.ts >= u.last_play", "touched.ts > u.last_play"),
    "the latest play is the one of the latest session": (
        "merge/20_users.sql", "ORDER BY e.ts DESC, e.session_id DESC",
        "ORDER BY e.session_id DESC, e.ts DESC"),
    "users whose latest play is gone are lost": (
        "merge/20_users.sql", "WHERE e.page = 'NextSong'\n)", f"WHERE {NEVER}\n)"),
    "the oldest of a song's records counts": (
        "merge/21_songs.sql", "ORDER BY year DESC", "ORDER BY year"),
    "an artist's smallest song counts": (
        "merge/22_artists.sql", "song_id DESC", "song_id"),
    "touched plays that matched a song are not removed": (
        "merge/23_songplays.sql", "DELETE FROM :\"star_schema\".songplays\nWHERE",
        "DELETE FROM :\"star_schema\".songplays\nWHERE song_id IS NULL AND"),
    "plays of one session are one": (
        "merge/23_songplays.sql", "BY ts, user_id, session_id, item_in_session",
        "BY ts, user_id, session_id"),
    "another record of a repeated play counts": (
        "merge/23_songplays.sql", "ORDER BY level DESC, song", "ORDER BY song"),
    "another of the twin songs matches": (
        "merge/23_songplays.sql", "ORDER BY song_id, artist_id", "ORDER BY song_id DESC, artist_id"),
    "moments without plays stay": (
        "merge/24_time.sql", "WHERE start_time IN (SELECT ts FROM :\"stage_schema\".delta_plays)\n"
        "  AND",
        "WHERE start_time IN (SELECT start_time FROM :\"star_schema\".songplays) AND start_time IN"
        " (SELECT ts FROM :\"stage_schema\".delta_plays)\n  AND"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A copy of what the programs read, and their home while these tests run."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(PROJECT / "config", folder / "config")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "DWH_HOME", str(folder))
        shutil.copytree(PROJECT / "sql", folder / "sql")
        yield folder


@pytest.fixture
def whole(home) -> Path:
    """The folder of the model, without any fault."""
    shutil.rmtree(home / "sql")
    shutil.copytree(PROJECT / "sql", home / "sql")
    return home / "sql/classic"


@pytest.fixture(scope="module")
def player(home, make_loaded):
    player = HistoryPlayer(make_loaded(with_source=False))
    yield player
    player.close()


def first_failure(player: HistoryPlayer) -> str:
    for seed in range(HISTORIES):
        try:
            player.play(random_history(seed, NIGHTS, {"run": 1}))
        except AssertionError as error:
            return f"history {seed}, {error}"
    return ""


def test_histories_pass_without_a_fault(player, whole):
    assert first_failure(player) == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_noticed(player, whole, fault):
    name, words, others = FAULTS[fault]
    text = (whole / name).read_text(encoding="utf-8")
    assert words in text, f"{name} no longer holds the words to spoil"
    (whole / name).write_text(text.replace(words, others), encoding="utf-8")
    said = first_failure(player)
    print(said)
    assert said, "no history noticed"
    # Wrong, not broken: SQL that does not run would be noticed without any history.
    assert "/sql/classic/" not in said, said
