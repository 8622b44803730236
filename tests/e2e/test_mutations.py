"""Would the histories notice a wrong merge? Each fault is seeded into a copy of sql/, and some
history has to fail there, while all of them pass with sql/ as it is.

A fault is a file of the model, words that stand in it, and what takes their place wherever they
stand.
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
CLASSIC_FAULTS = {
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
        "merge/12_rematched.sql", "WHERE e.page = 'NextSong'", f"WHERE {NEVER}"),
    "blanks at the end count when matching again": (
        "merge/12_rematched.sql", "RTRIM(e.song) = s.title", "e.song = s.title"),
    "only the first touched moment is looked at": (
        "merge/13_touched.sql", "MAX(ts)", "MIN(ts)"),
    "a play as late as the latest does not count": (
        "merge/11_users.sql", "touched.ts >= u.last_play", "touched.ts > u.last_play"),
    "the latest play is the one of the latest session": (
        "merge/11_users.sql", "ORDER BY e.ts DESC, e.session_id DESC",
        "ORDER BY e.session_id DESC, e.ts DESC"),
    "users whose latest play is gone are lost": (
        "merge/11_users.sql", "WHERE e.page = 'NextSong'\n)", f"WHERE {NEVER}\n)"),
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


HISTORY_FAULTS = {
    "what a user was before is forgotten": (
        "merge/11_users.sql", "WHERE u.valid_from < CAST(:'touched_from' AS TIMESTAMP)",
        f"WHERE {NEVER}"),
    "the play after the touched time is not looked for": (
        "merge/11_users.sql", "AND e.ts > CAST(:'touched_to' AS TIMESTAMP)", f"AND {NEVER}"),
    "later versions are forgotten": (
        "merge/11_users.sql", "WHERE u.valid_from > CAST(:'touched_to' AS TIMESTAMP)",
        f"WHERE {NEVER}"),
    "the earlier session counts": (
        "merge/11_users.sql", "ORDER BY e.session_id DESC", "ORDER BY e.session_id"),
    "blanks at the end make a version": (
        "merge/11_users.sql", "RTRIM(e.first_name)", "e.first_name"),
    "plays in other versions keep their keys": (
        "merge/11_users.sql", "WHERE p.start_time >= CAST(:'touched_from' AS TIMESTAMP)",
        f"WHERE {NEVER}"),
    "plays in versions that are gone keep their keys": (
        "merge/11_users.sql", "AND v.user_id IS NULL", f"AND {NEVER}"),
    "versions that are gone stay": (
        "merge/11_users.sql", "DELETE FROM :\"star_schema\".users\nWHERE",
        f"DELETE FROM :\"star_schema\".users\nWHERE {NEVER} AND"),
    "a version that stays keeps its values": (
        "merge/11_users.sql", "    level = v.level,\n", ""),
    "versions overlap by a moment": (
        "merge/23_songplays.sql", "e.ts < u.valid_to", "e.ts <= u.valid_to"),
    "hours without plays stay": (
        "merge/24_time.sql", "WHERE time_key IN (\n  SELECT CAST",
        "WHERE time_key IN (SELECT time_key FROM :\"star_schema\".songplays) AND time_key IN (\n"
        "  SELECT CAST"),
}
FAULTS = {"classic": CLASSIC_FAULTS, "history": HISTORY_FAULTS}


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
    """sql/ without any fault."""
    shutil.rmtree(home / "sql")
    shutil.copytree(PROJECT / "sql", home / "sql")
    return home / "sql"


@pytest.fixture(scope="module")
def players(home, make_loaded):
    players = {model: HistoryPlayer(make_loaded(with_source=False).choose(model))
               for model in FAULTS}
    yield players
    for player in players.values():
        player.close()


def first_failure(player: HistoryPlayer) -> str:
    for seed in range(HISTORIES):
        try:
            player.play(random_history(seed, NIGHTS, {"run": 1}))
        except AssertionError as error:
            return f"history {seed}, {error}"
    return ""


@pytest.mark.parametrize("model", FAULTS)
def test_histories_pass_without_a_fault(players, whole, model):
    assert first_failure(players[model]) == ""


@pytest.mark.parametrize("model, fault",
                         [(model, fault) for model, faults in FAULTS.items() for fault in faults])
def test_fault_is_noticed(players, whole, model, fault):
    name, words, others = FAULTS[model][fault]
    file = whole / model / name
    text = file.read_text(encoding="utf-8")
    assert words in text, f"{name} no longer holds the words to spoil"
    file.write_text(text.replace(words, others), encoding="utf-8")
    said = first_failure(players[model])
    print(said)
    assert said, "no history noticed"
    # Wrong, not broken: SQL that does not run would be noticed without any history.
    assert f"sql/{model}/" not in said, said
