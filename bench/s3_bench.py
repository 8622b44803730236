"""15,000 small objects listed and read from S3, by etl's reader and by others, same server.

Usage: s3_bench.py BUILD_DIR [--songs N] [--delay-ms 20] [--rounds 3]

The server is bench/s3_server, whose every answer comes 20 ms late. Each contestant is a fresh
process, in turns; printed are the best of the rounds and how many times ours fits into theirs. It
fails unless ours is the fastest. README.md says more.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SELF = "s3_read (ours)"
BOTO3 = """
import sys
from concurrent.futures import ThreadPoolExecutor
import boto3
from botocore.config import Config
s3 = boto3.client("s3", config=Config(max_pool_connections=64))
pages = s3.get_paginator("list_objects_v2").paginate(Bucket="bench", Prefix="song_data/")
keys = [item["Key"] for page in pages for item in page["Contents"]]
with ThreadPoolExecutor(64) as pool:
    sizes = pool.map(lambda key: len(s3.get_object(Bucket="bench", Key=key)["Body"].read()), keys)
    print(len(keys), sum(sizes))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--songs", type=int, default=15_000)
    parser.add_argument("--delay-ms", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    bench = args.build.resolve() / "bench"
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        data = Path(folder) / "data"
        subprocess.run([bench / "make_dataset", data, "--events", "1000", "--files", "1",
                        "--songs", str(args.songs)], check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen([bench / "s3_server", data, "--delay-ms", str(args.delay_ms)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            return compare(bench, Path(folder), url, args)
        finally:
            server.stdin.close()
            server.wait(60)


def compare(bench: Path, folder: Path, url: str, args) -> int:
    sizes = [path.stat().st_size for path in (folder / "data/song_data").rglob("*.json")]
    target = folder / "target"
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_ENDPOINT_URL": url,
           "S3_ENDPOINT_URL": url, "AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2",
           "AWS_ACCESS_KEY_ID": "AKIABENCH", "AWS_SECRET_ACCESS_KEY": "of-the-bench"}
    here = Path(sys.executable).parent
    commands = {
        SELF: [bench / "s3_read", "s3://bench/song_data/"],
        "boto3, 64 threads": [sys.executable, "-c", BOTO3],
        "aws s3 cp --recursive": [here / "aws", "s3", "cp", "--recursive", "--quiet",
                                  "s3://bench/song_data/", target],
        "s5cmd cp": [here / "s5cmd", "--log", "error", "cp", "s3://bench/song_data/*",
                     f"{target}/"],
    }
    runs = {name: [] for name in commands}
    for _ in range(args.rounds):
        for name, command in commands.items():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            runs[name].append(run(name, command, env, target, sizes))
    failed = tell(runs, len(sizes), args)
    pack(bench, env, len(sizes))
    return failed


def pack(bench: Path, env: dict, count: int) -> None:
    """What PACK costs: all objects read, packed, and the parts uploaded."""
    start = time.perf_counter()
    done = subprocess.run([bench / "s3_read", "s3://bench/song_data/", "s3://bench/packed"],
                          env=env, capture_output=True, check=True)
    wall = time.perf_counter() - start
    objects, files = map(int, done.stdout.split())
    assert objects == count
    print(f"PACK, its upload included: {wall:.2f} s; Redshift reads {files} files"
          f" instead of {objects}")


def run(name: str, command: list, env: dict, target: Path, sizes: list[int]) -> tuple:
    """Wall and processor seconds, after a look at whether all the bytes have come."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, check=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if " cp" in name:
        found = [path.stat().st_size for path in target.rglob("*.json")]
        got = len(found), sum(found)
    else:
        got = tuple(map(int, done.stdout.split()))
    assert got == (len(sizes), sum(sizes)), (name, got, done.stderr)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def tell(runs: dict, count: int, args) -> int:
    best = {name: min(found) for name, found in runs.items()}
    print(f"{count} objects, {args.delay_ms} ms late, best of {args.rounds}; {os.cpu_count()} cores")
    print(f"{'':24}{'seconds':>10}{'CPU s':>10}{'objects/s':>12}{'times ours':>12}")
    for name, (wall, cpu) in best.items():
        print(f"{name:24}{wall:10.2f}{cpu:10.2f}{count / wall:12.0f}{wall / best[SELF][0]:12.2f}")
    slower = min(best, key=best.get) == SELF
    print("ours is ahead of all" if slower else "ours is NOT ahead of all")
    return 0 if slower else 1


if __name__ == "__main__":
    sys.exit(main())
