"""etl reads for some INSERTs in sessions of their own, ahead of the one that writes. That must
never show: a user's own SQL gives what it would give in one session."""

import os
import shutil
from pathlib import Path

import pytest

from support.sparkify import expected_star

pytestmark = [pytest.mark.db, pytest.mark.sanitize, pytest.mark.threads]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def insert(tmp_path, monkeypatch) -> Path:
    """The folder of the INSERT files in a copy of sql/ that etl reads instead of ours."""
    home = tmp_path / "home"
    shutil.copytree(ROOT / "sql", home / "sql")
    shutil.copytree(ROOT / "config", home / "config")
    monkeypatch.setitem(os.environ, "DWH_HOME", str(home))
    return home / "sql/classic/insert"


def levels(dwh) -> set[str]:
    return set(dwh.sql("SELECT DISTINCT level FROM star.users").splitlines())


def test_the_star_is_right(dwh):
    dwh.etl()
    assert dwh.star() == expected_star(dwh.source)


def test_sees_what_an_earlier_statement_changed_in_staging(dwh, insert):
    (insert / "05_gold.sql").write_text(
        "UPDATE :\"stage_schema\".staging_events SET level = 'gold' WHERE page = 'NextSong';\n")
    dwh.etl()
    assert levels(dwh) == {"gold"}


def test_sees_what_an_earlier_insert_put_into_staging(dwh, insert):
    (insert / "05_more.sql").write_text(
        'INSERT INTO :"stage_schema".staging_events (ts, page, user_id, level)\n'
        "VALUES (TIMESTAMP '2018-11-30 00:00:00', 'NextSong', 987654, 'gold');\n")
    dwh.etl()
    assert dwh.sql("SELECT level FROM star.users WHERE user_id = 987654") == "gold"


def take_moments_from(insert: Path, table: str) -> None:
    """The table of moments is made of start_time in `table` instead of the events in staging."""
    time = insert / "15_time.sql"
    text = time.read_text()
    events = 'FROM :"stage_schema".staging_events\nWHERE page = \'NextSong\'\n'
    assert events in text
    time.write_text(text.replace(events, f"FROM (SELECT start_time AS ts FROM {table}) moments\n"))


def test_sees_what_an_earlier_statement_put_into_the_star(dwh, insert):
    take_moments_from(insert, ':"star_schema".songplays')
    dwh.etl()
    assert dwh.star() == expected_star(dwh.source)


def test_sees_the_star_through_a_view(dwh, insert):
    dwh.sql("DROP VIEW IF EXISTS public.moments; CREATE VIEW public.moments AS"
            " SELECT start_time FROM star.songplays")
    take_moments_from(insert, "public.moments")
    try:
        dwh.etl()
        assert dwh.star() == expected_star(dwh.source)
    finally:
        dwh.sql("DROP VIEW public.moments")


def test_more_statements_than_can_be_read_at_once(dwh, insert):
    """Some are begun late, and some run without having been begun."""
    copies = range(12)
    users = (insert / "10_users.sql").read_text()
    dwh.sql("".join(f"DROP TABLE IF EXISTS star.users{n};"
                    f" CREATE TABLE star.users{n} (LIKE star.users);" for n in copies))
    for n in copies:
        (insert / f"{10 + n}_users{n}.sql").write_text(
            users.replace(':"star_schema".users', f':"star_schema".users{n}'))
    try:
        dwh.etl()
        assert dwh.star() == expected_star(dwh.source)
        for n in copies:
            assert dwh.sql(f"SELECT * FROM star.users{n} EXCEPT ALL SELECT * FROM star.users") == ""
            assert (dwh.sql(f"SELECT count(*) FROM star.users{n}")
                    == dwh.sql("SELECT count(*) FROM star.users"))
    finally:
        dwh.sql("".join(f"DROP TABLE star.users{n};" for n in copies))


def test_values_are_converted_on_their_way_into_the_table(dwh, insert):
    songs = insert / "11_songs.sql"
    songs.write_text(songs.read_text().replace(
        "SELECT song_id, title, artist_id, year, duration\nFROM (\n",
        "SELECT song_id, title, artist_id, CAST(year AS BIGINT), CAST(duration AS REAL)\nFROM (\n"))
    dwh.etl()
    expected = {row[0]: row[3] for row in expected_star(dwh.source)["songs"]}
    assert {row[0]: row[3] for row in dwh.star()["songs"]} == expected


def test_columns_need_not_be_named(dwh, insert):
    users = insert / "10_users.sql"
    users.write_text(users.read_text().replace(
        " (user_id, first_name, last_name, gender, level)\nSELECT", "\nSELECT"))
    dwh.etl()
    assert dwh.star() == expected_star(dwh.source)


def test_an_error_while_reading_publishes_nothing(dwh, insert):
    dwh.etl()
    before = dwh.content()
    users = insert / "10_users.sql"
    users.write_text(users.read_text().replace(
        "SELECT user_id, first_name", "SELECT 1 / (user_id - user_id), first_name", 1))
    done = dwh.etl("--full", check=1)
    assert "10_users.sql:5" in done.err and "division by zero" in done.err, done.err
    assert dwh.content() == before
    assert dwh.sessions_of_etl() == 0


def test_an_error_of_another_statement_leaves_no_reader_behind(dwh, insert):
    (insert / "05_wrong.sql").write_text("SELECT nothing FROM :\"star_schema\".users;\n")
    done = dwh.etl(check=1)
    assert "05_wrong.sql:1" in done.err, done.err
    assert dwh.sessions_of_etl() == 0
    assert dwh.sql("SELECT count(*) FROM star.songplays") == "0"
