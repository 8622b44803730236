"""Small objects packed into parts before Redshift's COPY reads them ([ETL] PACK)."""

import json

import pytest

from support.postgres_fixture import postgres  # noqa: F401
from support.redshift_dwh_fixture import make_dwh, redshift_dwh as dwh  # noqa: F401
from support.redshift_fixture import authority, make_redshift, moto, shared_redshift  # noqa: F401
from support.sparkify import expected_star, play

pytestmark = [pytest.mark.db, pytest.mark.aws, pytest.mark.sanitize]


@pytest.fixture
def packing(dwh):  # noqa: F811
    dwh.set("S3", "STAGING", f"{dwh.place}/staging")
    dwh.set("ETL", "PACK", "on")
    return dwh


def copies(dwh) -> list[str]:  # noqa: F811
    return [text for text in dwh.redshift.texts() if text.startswith("COPY")]


def test_the_same_star_and_books_packed_and_not(packing):
    packing.etl()
    star, ledger = packing.star(), packing.ledger()
    assert star == expected_star(packing.source)
    assert all("ZSTD" in copy and ".parts.manifest" in copy for copy in copies(packing))
    packing.redshift.statements.clear()
    packing.set("ETL", "PACK", "off")
    packing.etl("--full")
    assert not any("ZSTD" in copy for copy in copies(packing))
    assert packing.star() == star
    assert packing.ledger() == ledger


def test_redshift_reads_few_parts_instead_of_many_objects(packing):
    packing.etl()
    read = {row["filename"] for row in packing.redshift.log.rows("stl_load_commits")}
    per_table = packing.redshift.slices
    assert 0 < len(read) <= 2 * per_table < len(packing.ledger())
    assert packing.keys("staging") == []  # removed after the commit


def test_auto_packs_only_what_is_many_and_small(packing):
    packing.set("ETL", "PACK", "auto")
    for number in range(100):
        packing.put(f"data/song_data/Z/TRZ{number:05}.json",
                    json.dumps({"num_songs": 1, "artist_id": f"ARZ{number}", "artist_name": "z",
                                "song_id": f"SOZ{number}", "title": str(number),
                                "duration": 1.5, "year": 0}).encode())
    done = packing.etl()
    assert "objects for table staging_songs into" in done.err
    assert "objects for table staging_events" not in done.err


def test_rejects_name_the_true_object_and_line(packing):
    good = json.dumps(play(userId="44"))
    bad = json.dumps(play(userId="44", status="x"))
    packing.put("data/log_data/a.json", "\n".join([good, good, bad, good]).encode())
    packing.put("data/log_data/b.json", (good + bad + "\n" + good).encode())
    packing.etl(check=4)
    packed = packing.rejects("staging_events")
    assert {(error["filename"].rsplit("/", 1)[1], error["line_number"]) for error in packed} == {
        ("a.json", 3), ("b.json", 1)}
    packing.set("ETL", "PACK", "off")
    packing.etl(check=4)
    assert packing.rejects("staging_events") == packed
    packing.set("ETL", "PACK", "on")
    packing.set("ETL", "MAX_ERRORS", "3")
    packing.etl()
    by_name = {key.rsplit("/", 1)[1]: (records, rows, rejects)
               for _, key, _, _, records, rows, rejects in packing.ledger()}
    assert by_name["a.json"] == (4, 3, 1)
    assert by_name["b.json"] == (3, 2, 1)


def test_a_broken_object_is_copied_as_it_is(packing):
    good = json.dumps(play(userId="44"))
    packing.put("data/log_data/broken.json", (good + "\n" + good[:100]).encode())
    packing.etl(check=4)
    assert {error["filename"].rsplit("/", 1)[1] for error in packing.rejects("staging_events")} == {
        "broken.json"}
    assert "staging_events.manifest" in copies(packing)[1] + copies(packing)[2]


def test_a_run_that_was_cut_short_leaves_its_parts_to_the_next(packing):
    packing.redshift.faults.fail("DELETE FROM \"star\".users", "42501", "permission denied")
    done = packing.etl(check=None)
    assert done.status != 0
    assert packing.runs() != [("published",)]
    assert [key for key in packing.keys("staging") if key.endswith(".zst")]
    done = packing.etl()
    assert " 0 of them already there" not in done.err
    assert " of them already there" in done.err
    assert packing.star() == expected_star(packing.source)
    assert packing.keys("staging") == []


def test_an_object_that_changed_is_packed_anew(packing):
    packing.redshift.faults.fail("DELETE FROM \"star\".users", "42501", "permission denied")
    packing.etl(check=None)
    for path in sorted(packing.source.rglob("*-events.json"))[:1]:
        path.write_text(json.dumps(play(userId="44")), encoding="utf-8")
    packing.upload()
    packing.etl()
    assert packing.star() == expected_star(packing.source)
    assert packing.keys("staging") == []


def test_a_workgroup_shows_no_values_so_they_are_found_in_the_true_object(make_dwh,  # noqa: F811
                                                                           make_redshift):  # noqa: F811
    dwh = make_dwh(make_redshift(serverless=True))
    dwh.set("S3", "STAGING", f"{dwh.place}/staging")
    dwh.set("ETL", "PACK", "on")
    dwh.create_tables()
    good = json.dumps(play(userId="44"))
    dwh.put("data/log_data/a.json", (good + "\n" + json.dumps(play(status="x"))).encode())
    dwh.etl(check=4)
    [error] = dwh.rejects("staging_events")
    assert error["filename"].endswith("/a.json")
    assert (error["line_number"], error["raw_field_value"]) == (2, "x")
