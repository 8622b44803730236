"""What one more night costs: the 30th day on 29 loaded ones, and a night without anything new.

Run it with bench/run.sh --night. Each round begins with a fresh copy of the warehouse that holds 29
of 30 log files and all songs. Timed are whole processes: etl when the last file has come, etl again
when nothing is new, with the server stopped, so that it cannot have asked it, and a full load into
empty tables in the same minute. It fails if the night takes more than 0.15 of the full load, or a
quiet one more than 100 ms.
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys

import compare

LARGEST_SHARE = 0.15
LONGEST_QUIET_NIGHT = 0.100
QUIET_NIGHTS = 5


class Nights:
    """The warehouse, a copy of it as it was before the last night, and the file of that night."""

    def __init__(self, options, work):
        self.work = work
        self.data = work / "data"
        self.answers = compare.make_data(options.build, self.data, options.events, options.songs,
                                         options.files)
        self.warehouse = compare.Warehouse(options.build, work)
        self.last_day = max((self.data / "log_data").rglob("*.json"))
        self.kept_day = work / "last_day.json"
        # All that a run leaves behind: the server's files, and etl's own beside dwh.cfg.
        self.kept = work / "kept"

    def prepare(self):
        """Loads all but the last day and keeps a copy."""
        self.warehouse.point_at(self.data)
        self.warehouse.create()
        self.last_day.rename(self.kept_day)
        self.warehouse.load()
        # What the server does by itself within minutes of a load, and the night is a day later.
        compare.run(compare.psql("VACUUM"), self.work)
        self.manage("pause")
        self.kept.mkdir()
        for path in self.states():
            self.copy(path, self.kept / path.name)
        self.manage("resume")

    def states(self):
        return [self.work / "warehouse", *self.work.glob(".*.ledger")]

    def copy(self, origin, target):
        compare.run(["cp", "-a", origin, target], self.work)

    def manage(self, verb):
        compare.run(self.warehouse.program("manage_dwh", verb), self.work)

    def begin_round(self):
        self.manage("pause")
        for path in self.states():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in self.kept.iterdir():
            self.copy(path, self.work / path.name)
        self.manage("resume")
        self.kept_day.rename(self.last_day)

    def round(self):
        """Seconds of the night, of the quiet one after it, and of the load of everything."""
        self.begin_round()
        night = self.etl()
        compare.check_counts("the night", compare.our_counts(), self.answers)
        self.manage("pause")
        quiet = min(self.etl() for _ in range(QUIET_NIGHTS))
        self.manage("resume")
        full, _, _ = self.warehouse.load()
        compare.check_counts("the full load", compare.our_counts(), self.answers)
        self.last_day.rename(self.kept_day)
        print(f"  night {night:.2f} s, quiet {quiet * 1000:.0f} ms, full load {full:.2f} s",
              file=sys.stderr)
        return night, quiet, full

    def etl(self):
        seconds, _, _ = compare.run(self.warehouse.program("etl"), self.work)
        return seconds


def tell(options, rounds):
    night, quiet, full = (min(times) for times in zip(*rounds))
    share = min(one[0] / one[2] for one in rounds)
    print(f"{options.events:,} events in {options.files} files, {options.songs:,} songs; best of"
          f" {len(rounds)}; {os.cpu_count()} cores")
    print(f"{'full load':32}{full:8.2f} s")
    print(f"{'the last day on all the others':32}{night:8.2f} s {share:8.3f} of the full load")
    print(f"{'nothing new, server stopped':32}{quiet * 1000:8.0f} ms")
    if share > LARGEST_SHARE:
        raise compare.Failure(f"a night takes more than {LARGEST_SHARE} of a full load")
    if quiet > LONGEST_QUIET_NIGHT:
        raise compare.Failure(f"a quiet night takes more than {LONGEST_QUIET_NIGHT * 1000:.0f} ms")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--songs", type=int, default=15_000)
    parser.add_argument("--files", type=int, default=30, help="log files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/night-work"),
                        help="a new folder for data and databases, removed at the end")
    return parser.parse_args()


def main():
    options = parse_options()
    options.build = options.build.resolve()
    work = options.work.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that the server is stopped.
    os.environ.setdefault("DWH_HOME", str(compare.BENCH.parent))
    try:
        work.mkdir(parents=True)
        nights = Nights(options, work)
        try:
            nights.prepare()
            tell(options, [nights.round() for _ in range(options.rounds)])
        finally:
            if nights.warehouse.config.exists():
                nights.warehouse.delete()
            shutil.rmtree(work)
    except (compare.Failure, FileExistsError) as error:
        print(f"night_bench: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
