"""Wall time of `manage_dwh status` beside other clients' describe-clusters, same server.

Usage: status_bench.py MANAGE_DWH. The server is moto's, with one cluster in it. Every contestant is
a fresh process, run in turns; printed are medians of 11 and how many times ours fits into theirs.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.moto import Moto  # noqa: E402

ROUNDS = 11
TARGET = 20
BOTO3 = """
import boto3
cluster, = boto3.client("redshift").describe_clusters(ClusterIdentifier="dwh")["Clusters"]
print(cluster["ClusterStatus"])
"""


def seconds(command: list[str], env: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert "available" in done.stdout, done
    return time.perf_counter() - start


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    moto = Moto()
    with tempfile.TemporaryDirectory() as folder:
        try:
            return compare(moto, Path(folder))
        finally:
            moto.stop()


def compare(moto: Moto, folder: Path) -> int:
    moto.client("redshift").create_cluster(
        ClusterIdentifier="dwh", NodeType="ra3.large", ClusterType="single-node",
        MasterUsername="awsuser", MasterUserPassword="Passw0rd")
    config = folder / "dwh.cfg"
    config.write_text("[DWH]\nENGINE=redshift\n[CLUSTER]\nCLUSTER_IDENTIFIER=dwh\n")
    config.chmod(0o600)
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_ENDPOINT_URL": moto.url,
           "AWS_REGION": moto.region, "AWS_DEFAULT_REGION": moto.region,
           "AWS_ACCESS_KEY_ID": moto.admin.id, "AWS_SECRET_ACCESS_KEY": moto.admin.secret}
    ours = "manage_dwh status"
    commands = {ours: [sys.argv[1], "status", "--config", str(config)],
                "boto3 describe_clusters": [sys.executable, "-c", BOTO3]}
    if aws := shutil.which("aws"):
        commands["aws redshift describe-clusters"] = [
            aws, "redshift", "describe-clusters", "--cluster-identifier", "dwh"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        seconds(command, env)  # Warms the file cache and the server.
    for _ in range(ROUNDS):
        for name, command in commands.items():
            times[name].append(seconds(command, env))
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, value in median.items():
        print(f"{name:32}{value * 1000:8.1f} ms  {value / median[ours]:6.1f} x")
    slowest_allowed = min(value for name, value in median.items() if name != ours) / TARGET
    if median[ours] > slowest_allowed:
        print(f"status_bench: more than 1/{TARGET} of the fastest other", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
