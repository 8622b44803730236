"""The counts of the public Sparkify data, known from their description."""

import shutil
from pathlib import Path

import pytest

from support.archive import unpack

pytestmark = [pytest.mark.db, pytest.mark.public]

FULL = {"stage.staging_events": 8056, "stage.staging_songs": 14896, "star.songplays": 6820,
        "star.users": 96, "star.songs": 14896, "star.artists": 9553, "star.time": 6813}


def load(dwh, folder: Path, songs: Path) -> dict[str, int]:
    dwh.set("S3", "LOG_DATA", str(folder / "sparkify/log_data"))
    dwh.set("S3", "LOG_JSONPATH", str(folder / "sparkify/log_json_path.json"))
    dwh.set("S3", "SONG_DATA", str(songs))
    dwh.etl()
    return counts(dwh)


def counts(dwh) -> dict[str, int]:
    return {table: int(dwh.sql(f"SELECT count(*) FROM {table}")) for table in FULL}


def test_full_set(dwh, public_data):
    unpack(public_data / "sparkify-full/song_data.tar.gz", dwh.source / "full")
    assert load(dwh, public_data, dwh.source / "full/song_data") == FULL
    assert dwh.sql("SELECT count(*) FROM star.songplays WHERE song_id IS NOT NULL") == "319"
    levels = dwh.sql("SELECT level, count(*) FROM star.users GROUP BY 1 ORDER BY 1")
    assert levels == "free|74\npaid|22"
    # Numbers where text is due are kept as they are written.
    assert dwh.sql("SELECT count(*) FROM star.songs WHERE title IN ('1888', '4.6')") == "2"
    shutil.rmtree(dwh.source / "full")


def test_small_set(dwh, public_data):
    found = load(dwh, public_data, public_data / "sparkify/song_data")
    assert found["stage.staging_songs"] == found["star.songs"] == 71
    assert found["star.artists"] == 69
    assert found["star.songplays"] == 6820
    assert dwh.sql("SELECT EXTRACT(EPOCH FROM start_time)::numeric(20, 3), user_id, song_id"
                   " FROM star.songplays WHERE song_id IS NOT NULL"
                   ) == "1542837407.796|15|SOZCTXZ12AB0182364"
