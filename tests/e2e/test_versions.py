"""Model history: what late, changed and repeated events do to the versions of a user, and the view of
the users as of a day. Random histories of this model are in test_histories."""

import pytest

from support.sparkify import milliseconds, play, write_json
from support.versions import expected_star

pytestmark = [pytest.mark.db, pytest.mark.sanitize]

FREE, PAID = "free", "paid"


@pytest.fixture
def versions(dwh):
    """The warehouse, of this model, with songs and no events but one."""
    dwh.choose("history")
    for path in (dwh.source / "log_data").rglob("*.json"):
        path.unlink()
    write_json(dwh.source / "log_data/other.json", [play(page="Home")] * 50)
    return dwh


def at(day: int, level: str, **changes) -> dict:
    return play(**{"userId": "8", "ts": milliseconds(f"2018-11-{day:02}", 0), "level": level,
                   "itemInSession": day} | changes)


def shown(dwh, columns="level, valid_from, valid_to") -> list[str]:
    return dwh.sql(f"SELECT {columns} FROM star.users WHERE user_id = 8 ORDER BY valid_from")\
        .replace("2018-11-", "").replace(" 00:00:00", "").replace("9999-12-31", "").splitlines()


def keys(dwh) -> dict[str, str]:
    """The key of each version by the day on which it begins."""
    return dict(row.split("|") for row in shown(dwh, "valid_from, user_key"))


def etl(dwh) -> None:
    said = dwh.etl().err
    assert "Bringing the star" in said
    assert dwh.star() == expected_star("history", dwh.source)


@pytest.mark.parametrize("first, then, versions_before, versions_after", [
    ([(1, FREE), (10, FREE)], [(5, PAID)], ["free|01|"], ["free|01|05", "paid|05|10", "free|10|"]),
    ([(1, FREE), (10, FREE)], [(5, FREE)], ["free|01|"], ["free|01|"]),
    ([(1, FREE), (10, PAID)], [(5, PAID)], ["free|01|10", "paid|10|"], ["free|01|05", "paid|05|"]),
    ([(1, FREE), (10, PAID)], [(5, FREE)], ["free|01|10", "paid|10|"], ["free|01|10", "paid|10|"]),
    ([(5, FREE)], [(1, PAID)], ["free|05|"], ["paid|01|05", "free|05|"]),
    ([(5, FREE)], [(1, FREE)], ["free|05|"], ["free|01|"]),
    ([(1, FREE), (3, PAID), (9, PAID)], [(5, FREE), (7, FREE)], ["free|01|03", "paid|03|"],
     ["free|01|03", "paid|03|05", "free|05|09", "paid|09|"]),
])
def test_late_events(versions, first, then, versions_before, versions_after):
    log = versions.source / "log_data/first.json"
    write_json(log, [at(*one) for one in first])
    versions.etl()
    assert shown(versions) == versions_before
    before = keys(versions)
    write_json(versions.source / "log_data/late.json", [at(*one) for one in then])
    etl(versions)
    assert shown(versions) == versions_after
    after = keys(versions)
    assert {day: key for day, key in before.items() if day in after}.items() <= after.items(), \
        "a version that begins where it began keeps its key"


@pytest.mark.parametrize("changed, versions_after", [
    ([(1, FREE), (9, FREE)], ["free|01|"]), ([(5, PAID), (9, FREE)], ["paid|05|09", "free|09|"]),
    ([(1, FREE), (5, FREE), (9, PAID)], ["free|01|09", "paid|09|"]), ([(9, FREE)], ["free|09|"])])
def test_changed_events(versions, changed, versions_after):
    log = versions.source / "log_data/first.json"
    write_json(log, [at(1, FREE), at(5, PAID), at(9, FREE)])
    versions.etl()
    assert shown(versions) == ["free|01|05", "paid|05|09", "free|09|"]
    write_json(log, [at(*one) for one in changed])
    etl(versions)
    assert shown(versions) == versions_after


def test_names_make_versions_and_blanks_at_their_end_do_not(versions):
    log = versions.source / "log_data/first.json"
    write_json(log, [at(1, FREE, lastName="Cruz"), at(2, FREE, lastName="Cruz "),
                     at(3, FREE, lastName=None), at(4, FREE, lastName="Summers")])
    versions.etl()
    assert shown(versions, "last_name, valid_from") == ["Cruz|01", "|03", "Summers|04"]


def test_users_as_of_a_day(versions):
    write_json(versions.source / "log_data/first.json", [
        at(3, FREE), at(5, PAID, ts=milliseconds("2018-11-05", 86_399_999)), at(9, FREE)])
    versions.etl()
    found = {day: versions.sql(f"SELECT level FROM star.users_as_of WHERE user_id = 8"
                               f" AND as_of = DATE '2018-11-{day:02}'") for day in (2, 3, 4, 5, 8, 9)}
    assert found == {2: "", 3: FREE, 4: FREE, 5: PAID, 8: PAID, 9: FREE}
    assert versions.sql("SELECT level FROM star.users_as_of WHERE user_id = 8"
                        " AND as_of = CURRENT_DATE") == FREE


def test_versions_that_overlap_are_not_published(versions):
    write_json(versions.source / "log_data/first.json", [at(1, FREE), at(5, PAID)])
    versions.etl()
    versions.sql("UPDATE star.users SET valid_to = timestamp '2018-11-07' WHERE level = 'free'")
    write_json(versions.source / "log_data/late.json", [at(9, FREE, userId="9")])
    said = versions.etl(check=4).err
    assert "users_intervals" in said and "overlap" in said
    assert versions.sql("SELECT count(*) FROM star.users WHERE user_id = 9") == "0"


def test_an_implausible_time_is_named(versions):
    """Not: integer out of range."""
    write_json(versions.source / "log_data/first.json",
               [at(1, FREE, ts=milliseconds("2250-01-01", 0))])
    assert "plausible_times" in versions.etl(check=4).err
