"""The S3 client with two stores that are not ours: what one side writes, the other reads back.

moto's server and rclone's both check signatures, each with code of its own.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from support.etl_warehouse import wait_until
from support.moto import Key, Moto
from support.s3_store import empty_bucket, make_bucket

pytestmark = pytest.mark.aws

BUCKET = "sparkify-data"
ODD = ("plain", "a b", "a+b", "a%20b", "a%2Bb", "é/ü", "x=y&z", "q?r", "h#i", "quote'\"<>&amp;",
       "日本語", "~tilde", "star*", "(paren)", "@at:colon,;", "end ", "$dollar!")
# Names that a store on a file system cannot hold.
WILD = ("./dot", "../up", "a//b", "/begins", "back\\slash", "ends/", "tab\t")


@dataclass
class Store:
    name: str
    url: str
    key: Key
    s3: object

    def env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_REGION": "us-west-2",
                "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": self.key.id,
                "AWS_SECRET_ACCESS_KEY": self.key.secret}


@pytest.fixture(scope="module")
def moto():
    server = Moto()
    make_bucket(server.client("s3"), BUCKET)
    yield Store("moto", server.url, server.admin, server.client("s3"))
    server.stop()


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def rclone(tmp_path_factory):
    """rclone serving a folder as S3; a folder within is a bucket."""
    folder = tmp_path_factory.mktemp("rclone")
    (folder / "config").touch()
    key = Key("AKIARCLONE", "a-secret-of-rclone")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "rclone"
    child = subprocess.Popen(
        [program, "serve", "s3", folder / "data", "--addr", f"127.0.0.1:{port}",
         "--config", folder / "config", "--auth-key", f"{key.id},{key.secret}",
         "--log-level", "NOTICE", "--log-file", folder / "log"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "data" / BUCKET).mkdir(parents=True)
    wait_until(lambda: child.poll() is None and answers(port), "rclone's server")
    url = f"http://127.0.0.1:{port}"
    client = boto3.client("s3", endpoint_url=url, region_name="us-west-2",
                          aws_access_key_id=key.id, aws_secret_access_key=key.secret,
                          config=Config(retries={"max_attempts": 10}))
    yield Store("rclone", url, key, client)
    child.terminate()
    child.wait(30)
    shutil.rmtree(folder)


@pytest.fixture(params=["moto", "rclone"])
def store(request) -> Store:
    found = request.getfixturevalue(request.param)
    empty_bucket(found.s3, BUCKET)
    return found


@pytest.fixture
def tool(bin_dir, store):
    """tool(verb, target, input): what s3_tool wrote to its standard output."""
    def run(verb: str, target: str, given: bytes = b"", status: int = 0, **variables) -> bytes:
        done = subprocess.run([bin_dir / "tests/s3_tool", verb, target], input=given,
                              env=store.env() | variables, capture_output=True, timeout=120,
                              check=False)
        assert done.returncode == status, done.stderr
        return done.stderr if status else done.stdout
    return run


def listed(tool, prefix: str = "") -> list[dict]:
    return [json.loads(line) for line in tool("list", f"s3://{BUCKET}/{prefix}").splitlines()]


def names(store: Store) -> tuple[str, ...]:
    return ODD + WILD if store.name == "moto" else ODD


def test_what_boto3_wrote_we_read(store, tool):
    for name in names(store):
        store.s3.put_object(Bucket=BUCKET, Key=f"k/{name}", Body=name.encode())
    found = {item["key"]: item for item in listed(tool, "k/")}
    assert set(found) == {f"k/{name}" for name in names(store)}
    for name in names(store):
        key = f"s3://{BUCKET}/k/{name}"
        assert tool("get", key) == name.encode()
        head = json.loads(tool("head", key))
        assert head["size"] == len(name.encode()) == found[f"k/{name}"]["size"]
        assert head["etag"] == found[f"k/{name}"]["etag"]
    whole = "".join(sorted(names(store), key=str.encode)).encode()
    assert tool("cat", f"s3://{BUCKET}/k/") == whole


def test_what_we_wrote_boto3_reads(store, tool):
    for name in names(store):
        tool("put", f"s3://{BUCKET}/k/{name}", name.encode())
    pages = store.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="k/")
    found = {item["Key"] for page in pages for item in page.get("Contents", [])}
    assert found == {f"k/{name}" for name in names(store)}
    for key in found:
        assert store.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key[2:].encode()


def test_what_we_delete_is_gone_and_nothing_else(store, tool):
    for name in names(store):
        store.s3.put_object(Bucket=BUCKET, Key=f"k/{name}", Body=b"x")
    store.s3.put_object(Bucket=BUCKET, Key="kept", Body=b"x")
    keys = [f"k/{name}" for name in names(store)] + ["k/never was there"]
    tool("delete", BUCKET, "".join(json.dumps(key) + "\n" for key in keys).encode())
    assert [item["Key"] for item in store.s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["kept"]


def test_large_object(store, tool):
    body = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(200_000))
    tool("put", f"s3://{BUCKET}/large", body)
    assert store.s3.head_object(Bucket=BUCKET, Key="large")["ContentLength"] == len(body)
    assert tool("cat", f"s3://{BUCKET}/large") == body


def test_many_objects_on_several_pages(store, tool):
    keys = [f"m/{first}/{second}/{third:02}" for first in "ab" for second in "xyz"
            for third in range(160)] + [f"m/{number:04}" for number in range(100)]
    for key in keys:
        store.s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert sorted(item["key"] for item in listed(tool, "m/")) == sorted(keys)
    assert tool("cat", f"s3://{BUCKET}/m/") == "".join(sorted(keys)).encode()


def test_nothing_there(store, tool):
    assert tool("head", f"s3://{BUCKET}/none") == b""
    assert b"NoSuchKey" in tool("get", f"s3://{BUCKET}/none", status=1)
    assert listed(tool, "none") == []
    assert b"does not exist" in tool("cat", f"s3://{BUCKET}/none", status=1)
    said = tool("list", "s3://no-such-bucket/x", status=1)
    assert b"s3://no-such-bucket/x" in said and b"NoSuchBucket" in said


def test_wrong_secret(store, tool):
    said = tool("list", f"s3://{BUCKET}/x", status=1, AWS_SECRET_ACCESS_KEY="other")
    assert b"SignatureDoesNotMatch" in said and b"other" not in said.replace(b"another", b"")
