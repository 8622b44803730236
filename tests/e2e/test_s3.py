"""etl from s3:// into the local engine; the store is moto's, which checks every signature."""

import gzip
import json
import shutil

import pytest

from support.moto import Moto
from support.s3_store import empty_bucket, make_bucket, upload, use_store
from support.sparkify import expected_star, song_file, write_json

pytestmark = [pytest.mark.db, pytest.mark.aws, pytest.mark.sanitize, pytest.mark.threads]

BUCKET = "sparkify-data"


@pytest.fixture(scope="module")
def moto():
    server = Moto()
    make_bucket(server.client("s3"), BUCKET)
    yield server
    server.stop()


@pytest.fixture
def s3(moto):
    client = moto.client("s3")
    empty_bucket(client, BUCKET)
    return client


@pytest.fixture
def cloud(dwh, moto, s3):
    """The module's warehouse with its source in S3; the files lie in `source` all the same."""
    upload(s3, BUCKET, dwh.source)
    use_store(dwh, moto.url, moto.admin)
    dwh.set("S3", "LOG_DATA", f"s3://{BUCKET}/log_data")
    dwh.set("S3", "SONG_DATA", f"s3://{BUCKET}/song_data")
    return dwh


def test_star_from_s3(cloud):
    done = cloud.etl()
    assert cloud.star() == expected_star(cloud.source)
    assert f"s3://{BUCKET}/log_data" in done.err
    keys = cloud.sql("SELECT count(*), count(DISTINCT etag) > 1, min(object_key) FROM"
                     " stage.etl_objects")
    files = sum(1 for path in cloud.source.rglob("*") if path.is_file())
    assert keys.startswith(f"{files}|t|s3://{BUCKET}/log_data/")


def test_lint_reads_s3_and_asks_no_warehouse(cloud, s3):
    write_json(cloud.source / "song_data/broken.json", [song_file(1) | {"year": "MMXX"}])
    upload(s3, BUCKET, cloud.source)
    cloud.manage("pause")
    done = cloud.etl("--lint", check=4)
    assert f"s3://{BUCKET}/song_data/broken.json line 1, column year: Invalid digit" in done.err
    files = sum(1 for path in (cloud.source / "song_data").rglob("*.json"))
    assert f"1 of {files} records rejected" in done.err


def test_only_changes_are_work(cloud, s3):
    cloud.etl()
    again = cloud.etl()
    assert "Nothing is new" in again.err
    path = next((cloud.source / "song_data").rglob("*.json"))
    song = json.loads(path.read_text()) | {"title": "Another"}
    write_json(path, [song])
    key = str(path.relative_to(cloud.source))
    s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
    done = cloud.etl("--dry-run")
    assert "1 of them new or changed" in done.err
    cloud.etl()
    assert cloud.star() == expected_star(cloud.source)
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert f"gone from the source, such as s3://{BUCKET}/{key}" in cloud.etl().err


def test_songs_here_and_log_in_s3(cloud):
    cloud.set("S3", "SONG_DATA", f"{cloud.source}/song_data")
    cloud.etl()
    assert cloud.star() == expected_star(cloud.source)


def test_files_need_no_account(cloud):
    for key in ("KEY", "SECRET", "REGION", "ENDPOINT_URL"):
        cloud.set("AWS", key, None)
    for key in ("LOG_DATA", "SONG_DATA"):
        cloud.set("S3", key, f"{cloud.source}/{key.lower()}")
    cloud.etl(env={"PATH": "/usr/bin:/bin", "HOME": str(cloud.folder)})
    assert cloud.star() == expected_star(cloud.source)


def test_jsonpaths_in_s3(cloud, s3):
    names = ("artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length",
             "level", "location", "method", "page", "registration", "sessionId", "song", "status",
             "ts", "userAgent", "userId")
    paths = {"jsonpaths": [f"$['{name}']" for name in names]}
    s3.put_object(Bucket=BUCKET, Key="paths/log paths.json", Body=json.dumps(paths).encode())
    cloud.set("S3", "LOG_JSONPATH", f"s3://{BUCKET}/paths/log paths.json")
    cloud.etl()
    assert cloud.star() == expected_star(cloud.source)
    cloud.set("S3", "LOG_JSONPATH", f"s3://{BUCKET}/paths/none.json")
    done = cloud.etl("--full", check=1)
    assert f"s3://{BUCKET}/paths/none.json: it does not exist" in done.err


def test_odd_keys_and_empty_folder_keys(cloud, s3):
    odd = ("a b", "a+b", "a%20b", "a%2Bb", "é/ü", "x=y&z", "./dot", "../up", "a//b", "q?r", "h#i",
           "quote'\"<>", "日本語", "~tilde", "star*", "back\\slash", "(paren)", "@at:colon,")
    for number, name in enumerate(odd):
        song = song_file(900 + number)
        body = json.dumps(song).encode()
        s3.put_object(Bucket=BUCKET, Key=f"song_data/odd/{name}.json", Body=body)
        write_json(cloud.source / f"song_data/odd-{number}.json", [song])
    s3.put_object(Bucket=BUCKET, Key="song_data/odd/", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="song_data/_begins_with.json", Body=b"\n")
    cloud.etl()
    # Which file an artist's values come from depends on the names of all files.
    assert cloud.star()["songs"] == expected_star(cloud.source)["songs"]
    known = set(cloud.sql("SELECT object_key FROM stage.etl_objects").splitlines())
    assert {f"s3://{BUCKET}/song_data/odd/{name}.json" for name in odd} <= known
    assert f"s3://{BUCKET}/song_data/odd/" in known
    assert "Nothing is new" in cloud.etl().err


def test_large_object_in_parts(cloud, s3):
    songs = [song_file(number) for number in range(12_000)]  # above 3 MB
    shutil.rmtree(cloud.source / "song_data")
    write_json(cloud.source / "song_data/all.json", songs)
    empty_bucket(s3, BUCKET)
    upload(s3, BUCKET, cloud.source)
    cloud.etl()
    assert cloud.star() == expected_star(cloud.source)


# What goes wrong is told once, with names and a remedy, and nothing is published.


def refused(cloud, status: int, *words: str) -> None:
    done = cloud.etl(check=status)
    for word in words:
        assert word in done.err, done.err
    assert done.err.count("error: ") == 1, done.err
    assert cloud.get("AWS", "SECRET") not in done.err + done.out
    assert cloud.sql("SELECT count(*) FROM star.songplays") == "0"


def test_prefix_that_matches_nothing(cloud):
    cloud.set("S3", "SONG_DATA", f"s3://{BUCKET}/songs")
    refused(cloud, 1, f"The specified S3 prefix 's3://{BUCKET}/songs' does not exist")


def test_bucket_that_does_not_exist(cloud):
    cloud.set("S3", "SONG_DATA", "s3://no-such-bucket/song_data")
    refused(cloud, 3, "s3://no-such-bucket/song_data", "NoSuchBucket", "hint: ", "[S3] of dwh.cfg")


def test_wrong_secret(cloud):
    cloud.set("AWS", "SECRET", "of-somebody-else")
    refused(cloud, 3, "SignatureDoesNotMatch", f"s3://{BUCKET}/log_data", "KEY and SECRET")


def test_no_permission(cloud, moto):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]})
    key = moto.make_user("lister", policy)
    cloud.set("AWS", "KEY", key.id)
    cloud.set("AWS", "SECRET", key.secret)
    refused(cloud, 3, "AccessDenied", f"GetObject s3://{BUCKET}/", "s3:GetObject", "dwh.cfg")


def test_truncated_gzip_is_told(cloud, s3):
    # COPY names no compression here, so this is junk and is refused as such, by its name.
    s3.put_object(Bucket=BUCKET, Key="song_data/x.json.gz", Body=gzip.compress(b"{}" * 50)[:20])
    done = cloud.etl(check=4)
    assert f"s3://{BUCKET}/song_data/x.json.gz" in done.err
    rejects = json.loads((cloud.results / "load_errors_staging_songs.json").read_text())
    assert f"s3://{BUCKET}/song_data/x.json.gz" in json.dumps(rejects)


def test_same_songs_from_a_session_token(cloud, moto):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    key = moto.assume_role("reader", policy)
    for name, value in (("KEY", key.id), ("SECRET", key.secret), ("SESSION_TOKEN", key.token)):
        cloud.set("AWS", name, value)
    cloud.etl()
    assert cloud.star() == expected_star(cloud.source)


