"""Putting files into an S3 store with boto3, and pointing a warehouse at them."""

import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def upload(s3, bucket: str, folder: Path, prefix: str = "") -> None:
    """Every file below `folder`, under `prefix` and its path there."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: s3.put_object(
            Bucket=bucket, Key=prefix + str(path.relative_to(folder)), Body=path.read_bytes()),
            files))


def make_bucket(s3, bucket: str, region: str = "us-west-2") -> None:
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})


def empty_bucket(s3, bucket: str) -> None:
    while found := s3.list_objects_v2(Bucket=bucket).get("Contents"):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": o["Key"]} for o in found]})


def use_store(warehouse, url: str, key, region: str = "us-west-2") -> None:
    """dwh.cfg's [AWS]: where the store is and who asks."""
    token = f"SESSION_TOKEN={key.token}\n" if key.token else ""
    with open(warehouse.cfg, "a", encoding="utf-8") as file:
        file.write(f"\n[AWS]\nKEY={key.id}\nSECRET={key.secret}\n{token}REGION={region}\n"
                   f"ENDPOINT_URL={url}\n")


def quoted(key: str) -> str:
    return urllib.parse.quote(key, safe="/")
