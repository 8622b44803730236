"""A store that misbehaves: etl converges, or tells one clear error and publishes nothing."""

import json
import subprocess

import pytest

from support.s3_script import SLOW_DOWN, Answer, S3Script, error
from support.s3_store import use_store
from support.moto import Key
from support.sparkify import expected_star

pytestmark = [pytest.mark.db]

KEY = Key("AKIATEST", "a-secret-of-tests", "a-session-token")
LOST = {"x-amz-bucket-region": "eu-west-1"}


@pytest.fixture
def store():
    script = S3Script()
    yield script
    script.stop()


@pytest.fixture
def cloud(dwh, store):
    store.put_tree(dwh.source)
    use_store(dwh, store.url, KEY)
    dwh.set("S3", "LOG_DATA", "s3://data/log_data")
    dwh.set("S3", "SONG_DATA", "s3://data/song_data")
    return dwh


def a_key(store: S3Script, folder: str) -> str:
    """The largest object there: one that can be cut in many places."""
    return max((key for key in store.objects if key.startswith(folder)),
               key=lambda key: len(store.objects[key]))


def converges(cloud) -> str:
    done = cloud.etl()
    assert cloud.star() == expected_star(cloud.source)
    return done.err


def refused(cloud, status: int, *words: str) -> None:
    done = cloud.etl(check=status)
    for word in words:
        assert word in done.err, done.err
    assert done.err.count("error: ") == 1, done.err
    assert KEY.secret not in done.err + done.out and KEY.token not in done.err + done.out
    assert cloud.sql("SELECT count(*) FROM star.songplays") == "0"
    assert cloud.sql("SELECT count(*) FROM stage.etl_objects") == "0"


def cut(after: int):
    def fault(true: Answer) -> Answer:
        true.cut_after = after
        return true
    return fault


@pytest.fixture
def tool(bin_dir, store):
    """tool(*args): the finished s3_tool, its standard output in bytes."""
    def run(*args, **variables) -> subprocess.CompletedProcess:
        env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_ENDPOINT_URL": store.url,
               "AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": KEY.id,
               "AWS_SECRET_ACCESS_KEY": KEY.secret} | variables
        return subprocess.run([bin_dir / "tests/s3_tool", *args], env=env, capture_output=True,
                              timeout=120, check=False)
    return run


# Passing faults


@pytest.mark.parametrize("fault", [
    SLOW_DOWN, error(500, "InternalError"), error(503, "ServiceUnavailable"),
    Answer(502, b"<html><h1>Bad gateway</h1></html>", {"Content-Type": "text/html"}),
    Answer(200, b"<html><h1>Sign in, please</h1></html>", {"Content-Type": "text/html"}),
    error(400, "RequestTimeout"), cut(10)], ids=lambda fault: getattr(fault, "body", b"cut")[:40])
@pytest.mark.parametrize("where", ["LIST", "GET"])
def test_passing_fault(tool, store, fault, where):
    store.objects |= {f"songs/{number}": pattern(1000 + number) for number in range(20)}
    store.faults["LIST" if where == "LIST" else "GET songs/7"] = [fault]
    done = tool("cat", "s3://data/songs/")
    assert done.stdout == b"".join(store.objects[key] for key in sorted(store.objects)), done.stderr


def test_each_object_is_slow_at_first(cloud, store):
    seen = set()

    def once(what: str, _) -> Answer | None:
        if what == "LIST" or what in seen:
            return None
        seen.add(what)
        return SLOW_DOWN

    store.faults["*"] = [once]
    assert "S3 asks to slow down" in converges(cloud)


def test_bodies_end_early_again_and_again(cloud, store):
    key = a_key(store, "log_data")
    length = len(store.objects[key])
    store.faults[f"GET {key}"] = [cut(length // 3), cut(0), cut(length // 3), cut(1)]
    converges(cloud)
    ranges = [headers.get("range") for headers in store.seen(f"GET {key}")]
    third = length // 3
    # Twice: a run looks at samples of what is new before it loads all of it.
    assert ranges == [None] + [f"bytes={first}-{length - 1}"
                               for first in (third, third, 2 * third, 2 * third + 1)] + [None]
    assert all(headers["if-match"] == store.etag(key) for headers in store.seen(f"GET {key}"))


def test_bucket_in_another_region(cloud, store):
    def elsewhere(what: str, headers: dict) -> Answer | None:
        if "/eu-west-1/s3/aws4_request" in headers["authorization"]:
            return None
        return error(400, "AuthorizationHeaderMalformed", "The region is wrong",
                     "<Region>eu-west-1</Region>")

    store.faults["*"] = [elsewhere]
    converges(cloud)
    wrong = [what for what, headers in store.requests if "us-west-2" in headers["authorization"]]
    assert wrong == ["LIST"]  # once: from then on it is known


@pytest.mark.parametrize("status", [301, 307])
def test_redirect_to_another_region(cloud, store, status):
    store.faults["LIST"] = [error(status, "PermanentRedirect", **LOST)]
    converges(cloud)
    assert all("/eu-west-1/" in headers["authorization"] for _, headers in store.requests[1:])


def test_public_bucket_is_read_without_credentials(cloud, store):
    for name in ("KEY", "SECRET", "SESSION_TOKEN"):
        cloud.set("AWS", name, None)
    nobody = {"PATH": "/usr/bin:/bin", "HOME": str(cloud.folder),
              "AWS_EC2_METADATA_DISABLED": "true"}
    done = cloud.etl(env=nobody)
    assert "Found no AWS credentials" in done.err
    assert cloud.star() == expected_star(cloud.source)
    assert not any("authorization" in headers for _, headers in store.requests)
    store.faults["LIST"] = [error(403, "AccessDenied")]
    done = cloud.etl(check=3, env=nobody)
    assert "AccessDenied" in done.err and "was not signed" in done.err


# Lasting faults


def test_object_changes_between_listing_and_reading(cloud, store):
    key = a_key(store, "song_data")

    def rewrite(true: Answer) -> Answer:
        store.objects[key] = b"{}"
        return error(412, "PreconditionFailed")

    store.faults[f"GET {key}"] = [rewrite]
    refused(cloud, 1, f"s3://data/{key} changed while it was read", "hint: Run it again")


def test_object_changes_in_mid_read(cloud, store):
    key = a_key(store, "log_data")

    def rewrite(true: Answer) -> Answer:
        store.objects[key] += b"\n{}"
        true.cut_after = 100
        return true

    store.faults[f"GET {key}"] = [rewrite]
    refused(cloud, 1, f"s3://data/{key} changed while it was read")


def test_store_that_knows_no_if_match(cloud, store):
    key = a_key(store, "log_data")
    store.faults[f"GET {key}"] = 2 * [Answer(200, b"other" * 1000, {"ETag": '"other"'})]
    refused(cloud, 1, f"s3://data/{key} changed while it was read")


def test_object_vanishes(cloud, store):
    key = a_key(store, "song_data")
    store.faults[f"GET {key}"] = 2 * [error(404, "NoSuchKey")]
    refused(cloud, 1, f"cannot read s3://data/{key}: it is gone")


@pytest.mark.parametrize("answer, words", [
    (error(403, "AccessDenied", "Access Denied"), ["AccessDenied", "s3:GetObject", "environment"]),
    (error(404, "NoSuchBucket"), ["NoSuchBucket", "bucket's name"]),
    (error(400, "ExpiredToken", "The provided token has expired"), ["ExpiredToken", "token"]),
    (error(403, "InvalidObjectState"), ["InvalidObjectState", "restore it"]),
    (error(301, "PermanentRedirect"), ["PermanentRedirect", "set REGION"]),
], ids=lambda value: getattr(value, "status", ""))
@pytest.mark.parametrize("where", ["LIST", "GET"])
def test_refusal(tool, store, answer, words, where):
    store.objects |= {f"songs/{number}": pattern(1000 + number) for number in range(20)}
    what = "LIST" if where == "LIST" else "GET songs/7"
    store.faults["*"] = [lambda asked, _: answer if asked == what else None]
    done = tool("cat", "s3://data/songs/")
    said = done.stderr.decode()
    for word in ("s3://data/songs/" + what[10:], "hint: ", *words):
        assert word in said, said
    assert done.returncode == 1 and said.count("error: ") == 1 and KEY.secret not in said


def test_refusal_in_mid_load_publishes_nothing(cloud, store):
    what = f"GET {a_key(store, 'song_data')}"
    store.faults["*"] = [lambda asked, _: error(403, "AccessDenied") if asked == what else None]
    refused(cloud, 3, f"s3://data/{what[4:]}", "AccessDenied", "hint: ", "dwh.cfg")


def test_a_right_that_is_missing_is_no_fault_of_the_objects(cloud, store):
    """QUARANTINE would leave out one after the other."""
    cloud.set("ETL", "QUARANTINE", "on")
    store.faults["*"] = [lambda asked, _: error(403, "AccessDenied")
                         if asked.startswith("GET song_data") else None]
    refused(cloud, 3, "AccessDenied", "s3:GetObject")


def test_nothing_but_server_errors(cloud, store, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    key = a_key(store, "song_data")
    store.faults["*"] = [lambda what, _: error(500, "InternalError") if key in what else None]
    refused(cloud, 3, f"GetObject s3://data/{key}", "gave up after 2 tries", "500 InternalError")


# The client alone, for what needs many runs or another patience


def pattern(length: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in range(length // 4 + 1))[:length]


def test_every_part_of_a_large_object_ends_early(tool, store):
    body = pattern(5_000_001)
    store.objects["large"] = body
    offsets = iter([0, 1, 1000, 65_536, 1_000_000, 524_288])
    cuts = {}

    def cut_first(what: str, headers: dict) -> Answer | None:
        asked = headers.get("range")
        if what == "LIST" or asked in cuts or len(cuts) == 6:
            return None
        cuts[asked] = next(offsets)
        true = store._get("large", headers)
        true.cut_after = cuts[asked]
        return true

    store.faults["*"] = [cut_first]
    done = tool("cat", "s3://data/large")
    assert done.stdout == body, done.stderr
    assert len(cuts) == 6


def test_stalled_connection_is_given_up_and_resumed(tool, store):
    body = pattern(100_000)
    store.objects["slow"] = body
    true = store._get("slow", {})
    store.faults["GET slow"] = [Answer(200, true.body, true.headers, stall=True)]
    done = tool("cat", "s3://data/slow", S3_TOOL_STALL_MS="1000")
    assert done.stdout == body, done.stderr
    assert len(store.seen("GET slow")) == 2


def test_listing_in_parts_is_whole_and_without_doubles(tool, store):
    store.page = 7
    keys = {f"d/{a}/{b}/{c}" for a in "abc" for b in "xyz" for c in range(9)}
    keys |= {f"d/{number}" for number in range(30)} | {"d/", "d/a/", "d/a", "d/a0", "d/b/x/"}
    store.objects |= {key: key.encode() for key in keys | {"c/before", "e/after"}}
    found = [json.loads(line)["key"] for line in tool("list", "s3://data/d/").stdout.splitlines()]
    assert sorted(found) == sorted(keys)
    assert tool("cat", "s3://data/d/").stdout == "".join(sorted(keys)).encode()


def test_many_small_objects_with_few_connections_and_little_patience(tool, store):
    store.objects |= {f"n/{number:04}": pattern(number) for number in range(400)}
    calls = iter(range(100_000))

    def now_and_then(what: str, _) -> Answer | None:
        return SLOW_DOWN if what != "LIST" and next(calls) % 50 == 7 else None

    store.faults["*"] = [now_and_then]
    done = tool("cat", "s3://data/n/", S3_TOOL_CONNECTIONS="8")
    assert done.stdout == b"".join(pattern(number) for number in range(400))
