"""Our signatures against botocore's, over random requests.

A run prints its seed; DWH_SEED=<seed> repeats it.
"""

import datetime
import json
import os
import random
import subprocess
from pathlib import Path
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

COUNT = 2000
UNRESERVED = "-_.~"

HOSTS = ["redshift.us-west-2.amazonaws.com", "IAM.amazonaws.com", "127.0.0.1:5000", "[::1]:4566",
         "bucket.s3.eu-central-1.amazonaws.com:443", "h:80"]
SEGMENTS = ["", ".", "..", "...", "a", "log data", "a+b", "a@b", "a=b", "~", "100%", "é", "日本語",
            "𝄞", "a/b", "*", "(1)", "$x", "a:b", "'", "%41", "Z" * 70]
# As they may stand in a URL without being encoded, whoever wrote it.
RAW_SEGMENTS = ["a+b", "a@b", "a=b", "~x", "%7Ex", "%2f", "$d", "!", "'", "(1)", "*", "a,b", "a;b",
                "a:b", "&"]
WORDS = ["", "prefix", "max-keys", "Max-Keys", "a", "a b", "a-b", "a+b", "a@b", "a=b", "~", "%", "é",
         "ሴ", "😀", "/", "Action", "10", "9", "A" * 40]
RAW_PAIRS = ["lifecycle", "a=b=c", "a=+", "x=@", "y=~", "z=%7E", "=", "", "q=/?:", "a", "a=", "A=%2f"]
HEADER_NAMES = ["Content-Type", "X-Amz-Target", "x-amz-meta-a", "X-Amz-Meta-B", "Range", "My-Header",
                "my-header", "User-Agent", "Expect", "Connection", "TE", "X-Amzn-Trace-Id", "Zz",
                "Content-Length", "Accept"]
HEADER_VALUES = ["", " ", "v", " v ", "a  b", "a \t  b", '"a   b"', "bytes=0-9", "a,b", "a;q=1", "é",
                 "x" * 300]
BODIES = ["", "Action=DescribeClusters&Version=2012-12-01", '{"namespaceName": "é"}', "\0\n", "x" * 5000]
SERVICES = ["redshift", "redshift-serverless", "iam", "ec2", "sts", "s3"]


@pytest.fixture(scope="session", name="tool")
def sign_tool() -> Path:
    folder = Path(os.environ.get("DWH_BIN_DIR", ""))
    for path in (folder / "sign_tool", folder / "tests" / "sign_tool"):
        if path.is_file():
            return path.resolve()
    return pytest.exit("sign_tool is not in DWH_BIN_DIR: build it first", returncode=2)


def random_path(rng: random.Random) -> str:
    segments = []
    for _ in range(rng.randrange(6)):
        if rng.random() < 0.3:
            segments.append(rng.choice(RAW_SEGMENTS))
        else:
            segments.append(quote(rng.choice(SEGMENTS), safe=UNRESERVED))
    return "/" + "/".join(segments)


def random_query(rng: random.Random, presigned: bool) -> str:
    pairs = {}
    for _ in range(rng.randrange(6)):
        name, value = rng.choice(WORDS), rng.choice(WORDS)
        pairs[quote(name or "n", safe=UNRESERVED)] = quote(value, safe=UNRESERVED)
    texts = [f"{name}={value}" for name, value in pairs.items()]
    if not presigned:
        # botocore reads the query of what it presigns and writes it anew, without what is doubled;
        # so only here are there repeated names and text that is not encoded.
        texts += rng.choices(texts + RAW_PAIRS, k=rng.randrange(4))
        rng.shuffle(texts)
    return "&".join(texts)


def random_request(rng: random.Random) -> dict:
    presigned = rng.random() < 0.3
    query = random_query(rng, presigned)
    url = rng.choice(["https", "http"]) + "://" + rng.choice(HOSTS) + random_path(rng)
    service = rng.choice(SERVICES)
    names = rng.choices(HEADER_NAMES, k=rng.randrange(7))
    return {
        "method": rng.choice(["GET", "POST", "PUT", "DELETE", "HEAD"]),
        "url": url + ("?" + query if query else ""),
        "headers": [[name, rng.choice(HEADER_VALUES)] for name in names],
        "body": "" if presigned else rng.choice(BODIES),
        "key": f"AKID{rng.randrange(10**9)}" if rng.random() < 0.5 else "AKIDEXAMPLE",
        "secret": rng.choice(["wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "é", "s" * 100]),
        "token": rng.choice(["", "", "tok/en+==", "T" * 1200]),
        "region": rng.choice(["us-east-1", "us-west-2", "cn-north-1"]),
        "service": service,
        "time": rng.choice([0, 951782400, 1440938160, rng.randrange(2**32)]),
        "s3": service == "s3",
        "lifetime": rng.choice([1, 3600, 604800]) if presigned else 0,
    }


def recording(base: type) -> type:
    """The signer `base`, keeping what the stages gave."""

    class Recording(base):
        def canonical_request(self, request):
            self.canonical = super().canonical_request(request)
            return self.canonical

        def string_to_sign(self, request, canonical_request):
            self.to_sign = super().string_to_sign(request, canonical_request)
            return self.to_sign

        def signature(self, string_to_sign, request):
            self.signed = super().signature(string_to_sign, request)
            return self.signed

    return Recording


def signed_by_botocore(request: dict, monkeypatch) -> dict:
    now = datetime.datetime.fromtimestamp(request["time"], datetime.timezone.utc)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: now.replace(tzinfo=None))
    credentials = Credentials(request["key"], request["secret"], request["token"] or None)
    arguments = (credentials, request["service"], request["region"])
    if request["lifetime"]:
        base = botocore.auth.S3SigV4QueryAuth if request["s3"] else botocore.auth.SigV4QueryAuth
        signer = recording(base)(*arguments, expires=request["lifetime"])
    else:
        base = botocore.auth.S3SigV4Auth if request["s3"] else botocore.auth.SigV4Auth
        signer = recording(base)(*arguments)
    theirs = AWSRequest(method=request["method"], url=request["url"], data=request["body"])
    for name, value in request["headers"]:
        theirs.headers[name] = value  # adds: a name may come again
    signer.add_auth(theirs)
    return {"canonical": signer.canonical, "string_to_sign": signer.to_sign,
            "signed_headers": signer.canonical.split("\n")[-2], "signature": signer.signed}


def test_every_stage_equals_botocores(tool, monkeypatch):
    seed = int(os.environ.get("DWH_SEED") or random.SystemRandom().randrange(2**32))
    print(f"DWH_SEED={seed}")
    rng = random.Random(seed)
    requests = [random_request(rng) for _ in range(COUNT)]
    done = subprocess.run([tool], input="".join(json.dumps(r) + "\n" for r in requests),
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"DWH_SEED={seed}: {done.stderr}"
    ours = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(ours) == COUNT
    for request, result in zip(requests, ours):
        expected = signed_by_botocore(request, monkeypatch)
        assert result == expected, f"DWH_SEED={seed}: {request}"
