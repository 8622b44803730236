"""The counts of the public Sparkify data, from moto's S3, on Redshift and on the local engine."""

import pytest

from support.archive import unpack
from support.postgres_fixture import postgres  # noqa: F401
from support.redshift_dwh_fixture import make_dwh, redshift_dwh  # noqa: F401
from support.redshift_fixture import (  # noqa: F401
    BUCKET, authority, make_redshift, moto, shared_redshift)
from support.s3_store import upload, use_store
from test_public_data import FULL, counts

pytestmark = [pytest.mark.db, pytest.mark.aws, pytest.mark.public]


@pytest.fixture(scope="module")
def on_s3(moto, public_data, tmp_path_factory):  # noqa: F811
    """The prefix under which log_data/, all songs, 71 of them and the JSONPaths file are."""
    folder = tmp_path_factory.mktemp("public")
    unpack(public_data / "sparkify-full/song_data.tar.gz", folder)
    s3 = moto.client("s3")
    for name, root in [("log_data", public_data / "sparkify/log_data"),
                       ("some_songs", public_data / "sparkify/song_data"),
                       ("all_songs", folder / "song_data")]:
        upload(s3, BUCKET, root, f"public/{name}/")
    s3.put_object(Bucket=BUCKET, Key="public/log_json_path.json",
                  Body=(public_data / "sparkify/log_json_path.json").read_bytes())
    return f"s3://{BUCKET}/public"


def point_at(dwh, place: str, songs: str) -> None:
    dwh.set("S3", "LOG_DATA", f"{place}/log_data/")
    dwh.set("S3", "SONG_DATA", f"{place}/{songs}/")
    dwh.set("S3", "LOG_JSONPATH", f"{place}/log_json_path.json")


def redshift_counts(dwh) -> dict[str, int]:
    return {table: dwh.redshift.sql(f"SELECT count(*) FROM {table}")[0][0] for table in FULL}


def matched(dwh) -> int:
    return dwh.redshift.sql("SELECT count(*) FROM star.songplays WHERE song_id IS NOT NULL")[0][0]


@pytest.mark.slow
@pytest.mark.parametrize(("staging", "pack"), [(True, "auto"), (False, "off")])
def test_all_songs_on_redshift(redshift_dwh, on_s3, staging, pack):  # noqa: F811
    point_at(redshift_dwh, on_s3, "all_songs")
    if staging:
        redshift_dwh.set("S3", "STAGING", f"{redshift_dwh.place}/staging")
    redshift_dwh.set("ETL", "PACK", pack)
    done = redshift_dwh.etl(timeout=600)
    assert ("Packed 14,896 objects" in done.err) == (pack == "auto")
    assert redshift_counts(redshift_dwh) == FULL
    assert matched(redshift_dwh) == 319
    assert redshift_dwh.keys("staging") == []


@pytest.mark.parametrize(("staging", "pack"), [(True, "on"), (True, "off"), (False, "off")])
def test_some_songs_on_redshift(redshift_dwh, on_s3, staging, pack):  # noqa: F811
    point_at(redshift_dwh, on_s3, "some_songs")
    if staging:
        redshift_dwh.set("S3", "STAGING", f"{redshift_dwh.place}/staging")
    redshift_dwh.set("ETL", "PACK", pack)
    redshift_dwh.etl()
    found = redshift_counts(redshift_dwh)
    assert (found["stage.staging_songs"], found["star.songs"], found["star.artists"]) == (71, 71,
                                                                                          69)
    assert (found["star.songplays"], matched(redshift_dwh)) == (6820, 1)


@pytest.mark.slow
def test_all_songs_into_the_local_engine(dwh, moto, on_s3):  # noqa: F811
    use_store(dwh, moto.url, moto.admin, moto.region)
    point_at(dwh, on_s3, "all_songs")
    dwh.etl()
    assert counts(dwh) == FULL
