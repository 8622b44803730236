"""etl --lint: what a load would say, with no warehouse."""

import json
import re

import pytest

from support.broken_records import line, write_broken
from support.etl_warehouse import EtlWarehouse
from support.programs import Programs
from support.sparkify import song_file, write_json, write_sparkify

pytestmark = [pytest.mark.sanitize]


@pytest.fixture
def bare(bin_dir, open_tmp) -> EtlWarehouse:
    """A dwh.cfg and a source; the warehouse is never created."""
    warehouse = EtlWarehouse(Programs(bin_dir), open_tmp)
    write_sparkify(warehouse.source)
    return warehouse


def lists(dwh) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in dwh.results.glob("load_errors_*.json")}


def add_broken(dwh) -> None:
    write_broken(dwh.source)
    write_json(dwh.source / "song_data/A/broken.json",
               [song_file(991), song_file(990) | {"year": "MMXX"},
                song_file(992, title="t" * 3000)])


def test_a_good_source(bare):
    done = bare.etl("--lint")
    assert re.search(r"^stage.staging_events +(\d+) +\1 +0 +0 +(\d+) +\2 +0$", done.out, re.M)
    assert "A load would be accepted" in done.err
    assert lists(bare) == {}
    assert not bare.data_dir.exists()
    assert [path.name for path in bare.results.iterdir()] == [], "no other results, and no lock"
    assert not (bare.folder / "etl.lock").exists()


@pytest.mark.db
def test_it_tells_what_a_refused_load_tells(dwh):
    add_broken(dwh)
    refused = dwh.etl(check=4)
    of_load = lists(dwh)
    for path in dwh.results.iterdir():
        path.unlink()
    dwh.manage("pause")
    lint = dwh.etl("--lint", check=4)
    assert lists(dwh) == of_load
    assert len(of_load) == 2

    def said(text: str) -> list[str]:
        return [one for one in text.splitlines() if one.startswith(("etl: ", "hint: "))]
    assert said(lint.err) == said(refused.err)


def test_max_errors(bare):
    add_broken(bare)
    bare.etl("--lint", check=4)
    events = json.loads(lists(bare)["load_errors_staging_events.json"])
    total = sum(len(some) for some in events.values())
    bare.set("ETL", "MAX_ERRORS", str(total))
    bare.etl("--lint", check=4)
    bare.set("ETL", "MAX_ERRORS", str(total + 1))
    done = bare.etl("--lint")
    assert f" {total}\n" in done.out
    assert json.loads(lists(bare)["load_errors_staging_songs.json"]).keys() == {"year", "title"}


def test_old_lists_go(bare):
    add_broken(bare)
    bare.etl("--lint", check=4)
    (bare.source / "song_data/A/broken.json").unlink()
    bare.etl("--lint", check=4)
    assert lists(bare)["load_errors_staging_songs.json"] == b"{}\n"


def test_more_than_are_listed(bare):
    """The first thousand by place, however many threads look for them."""
    write_json(bare.source / "log_data/2018/big.json", [json.loads(line())] * 6000)
    (bare.source / "log_data/junk.json").write_text("junk\n" * 3000)
    (bare.source / "log_data/other.json").write_text("junk\n" * 30000)
    done = bare.etl("--lint", check=4)
    found = json.loads(lists(bare)["load_errors_staging_events.json"])[""]
    assert [one["line_number"] for one in found] == list(range(1, 1001))
    assert {one["filename"].rsplit("/", 1)[1] for one in found} == {"junk.json"}
    assert "33,000 of 39," in done.err


def test_what_fails_a_copy_outright(bare):
    (bare.source / "log_data/large.json").write_text(line(song="x" * 5_000_000))
    done = bare.etl("--lint", check=4)
    assert "larger than 4 MB" in done.err and "large.json" in done.err


def test_what_it_cannot_do(bare):
    bare.etl("--lint", "--dry-run", check=2)
    bare.set("S3", "LOG_DATA", str(bare.source / "nowhere"))
    assert "nowhere" in bare.etl("--lint", check=1).err


# ---- Advice on columns


def advice(text: str) -> list[str]:
    return [one for one in text.splitlines() if one.startswith("etl: warning:   column ")]


def test_advice_counts_all_rejects(bare):
    write_json(bare.source / "song_data/A/wide.json",
               [song_file(n, title="é" * (1100 + n)) for n in range(1, 1501)])
    done = bare.etl("--lint", check=4)
    (said,) = advice(done.err)
    assert "column title: 1,500 records with more than 2,048 bytes, the longest 5,200;" in said
    assert 'ALTER TABLE "stage".staging_songs ALTER COLUMN title TYPE VARCHAR(8192);' in said
    assert "etl --retry-rejects" in done.err


def test_advice_for_what_no_column_takes(bare):
    write_json(bare.source / "song_data/A/wide.json", [song_file(1, title="x" * 65536),
                                                       song_file(2, artist_name="y" * 65535)])
    name, title = advice(bare.etl("--lint", check=4).err)
    assert "artist_name: 1 record with" in name and "TYPE VARCHAR(65535);" in name
    assert "title" in title and "TRUNCATECOLUMNS" in title and "ALTER" not in title


def test_advice_for_numbers(bare):
    write_json(bare.source / "log_data/wide.json",
               [json.loads(line(status=2**31)), json.loads(line(status=-2**62)),
                json.loads(line(itemInSession=2**31)), json.loads(line(itemInSession=2**63))])
    (said,) = advice(bare.etl("--lint", check=4).err)
    assert "column status: 2 records with a number that INTEGER does not hold;" in said
    assert 'ALTER TABLE "stage".staging_events ALTER COLUMN status TYPE BIGINT;' in said


@pytest.mark.db
def test_the_advice_is_right(dwh):
    """Accepted without some records; then altered as advised, all of them load."""
    write_json(dwh.source / "log_data/wide.json",
               [json.loads(line(auth="x" * 3000)), json.loads(line(status=2**40))])
    dwh.set("ETL", "MAX_ERRORS", "3")
    said = advice(dwh.etl().err)
    for text in said:
        dwh.sql(re.search(r"; (ALTER .*;)$", text)[1])
    assert len(said) == 2
    dwh.set("ETL", "MAX_ERRORS", "0")
    done = dwh.etl("--full")
    assert advice(done.err) == []
    assert dwh.sql("SELECT max(octet_length(auth)), max(status) FROM stage.staging_events"
                   ) == f"3000|{2**40}"
