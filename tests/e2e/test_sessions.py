"""A load large enough for several sessions at once: with the thread sanitizer, too."""

import json

import pytest

from support.etl_warehouse import make_dataset

pytestmark = [pytest.mark.db, pytest.mark.sanitize, pytest.mark.threads]

EVENTS = 45_000  # 21 MB; from 16 MB on etl uses more than one session


def test_several_sessions_load_every_event_once(dwh, tmp_path):
    answers = make_dataset(tmp_path / "data", EVENTS, files=3)
    dwh.set("S3", "LOG_DATA", str(tmp_path / "data/log_data"))
    dwh.set("S3", "SONG_DATA", str(tmp_path / "data/song_data"))
    dwh.etl()
    counts = dwh.sql("""SELECT json_build_object(
        'staging_events', (SELECT count(*) FROM stage.staging_events),
        'songplays', (SELECT count(*) FROM star.songplays),
        'matched', (SELECT count(song_id) FROM star.songplays),
        'users', (SELECT count(*) FROM star.users),
        'artists', (SELECT count(*) FROM star.artists),
        'time', (SELECT count(*) FROM star.time))""")
    found = json.loads(counts)
    assert found == {key: answers[key] for key in found}
    assert found["staging_events"] == EVENTS
