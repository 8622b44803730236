"""Loads the same generated data with our programs and with others, in turns; prints the ratios.

Run it with bench/run.sh. Every contestant is a process of its own, timed from its start to its end;
its peak memory is its own, without the database server's. All row counts must be those that
make_dataset knows by construction, or the run fails.
"""

import argparse
import configparser
import contextlib
import glob
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

import psycopg2

import star_sql

BENCH = pathlib.Path(__file__).resolve().parent
MEMORY_LIMIT = 64_000_000
FOUR_GB_EVENTS = 8_500_000
COPY_TABLE = "bench_stage.copy_target"


class Failure(Exception):
    pass


def reap(process):
    """Waits for the end; returns the peak memory in bytes.

    The kernel counts what the child had before exec too, so nothing below this process's own size
    (some 25 MB) can be seen.
    """
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024


def check_exit(process, err):
    if process.returncode != 0:
        words = " ".join(process.args)
        raise Failure(f"{words} ended with {process.returncode}:\n{err[-4000:]}")


def run_together(commands, work):
    """Runs the commands at once; returns seconds, the largest peak memory and all stdout."""
    os.sync()  # Nobody pays for the pages that the one before left to be written.
    with contextlib.ExitStack() as stack:
        files = [
            [stack.enter_context(open(work / f"{name}{i}", "w+")) for name in ("out", "err")]
            for i in range(len(commands))
        ]
        start = time.monotonic()
        processes = [
            subprocess.Popen([str(word) for word in command], stdout=out, stderr=err)
            for command, (out, err) in zip(commands, files)
        ]
        peak = max(reap(process) for process in processes)
        seconds = time.monotonic() - start
        text = ""
        for process, (out, err) in zip(processes, files):
            err.seek(0)
            check_exit(process, err.read())
            out.seek(0)
            text += out.read()
    return seconds, peak, text


def run(command, work):
    return run_together([command], work)


def run_noting_lines(command, work):
    """Returns seconds, peak memory, and the lines of stderr with the seconds when each came."""
    os.sync()
    with open(work / "out0", "w") as out:
        start = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command], stdout=out, stderr=subprocess.PIPE, text=True
        )
        with process.stderr:
            lines = [(time.monotonic() - start, line) for line in process.stderr]
        peak = reap(process)
        seconds = time.monotonic() - start
    check_exit(process, "".join(line for _, line in lines))
    return seconds, peak, lines


class Warehouse:
    """The local warehouse of our programs, in a folder of its own."""

    def __init__(self, build, work):
        self.build = build
        self.work = work
        self.config = work / "dwh.cfg"

    def point_at(self, data):
        """Sets what etl loads. The connection that manage_dwh wrote into the file stays."""
        config = self.read_config()
        config["DWH"] = {"ENGINE": "local", "MODEL": "classic"}
        config["LOCAL"] = {"DATA_DIR": str(self.work / "warehouse")}
        config["ETL"] = {"RESULTS_DIR": str(self.work)}
        config["S3"] = {
            "LOG_DATA": str(data / "log_data"),
            "LOG_JSONPATH": str(data / "log_json_path.json"),
            "SONG_DATA": str(data / "song_data"),
        }
        with open(os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            config.write(file)

    def read_config(self):
        config = configparser.ConfigParser(interpolation=None)
        config.read(self.config)
        return config

    def program(self, name, *arguments):
        return [self.build / name, *arguments, "--config", self.config]

    def create(self):
        run(self.program("manage_dwh", "create"), self.work)
        _, _, text = run(self.program("manage_dwh", "status", "--format", "json"), self.work)
        status = json.loads(text)
        password = self.read_config()["CLUSTER"]["DB_PASSWORD"].strip("'\"")
        # libpq's own environment, for the peers and psql; the password goes into a file.
        passwords = self.work / "pgpass"
        with open(os.open(passwords, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            escaped = re.sub(r"([:\\])", r"\\\1", password)
            file.write(f"*:*:*:*:{escaped}\n")
        os.environ.update(
            PGPASSFILE=str(passwords),
            PGHOST=status["host"],
            PGPORT=str(status["port"]),
            PGUSER=status["user"],
            PGDATABASE=status["database"],
        )

    def delete(self):
        run(self.program("manage_dwh", "delete", "--yes"), self.work)

    def load(self):
        """Empty tables, then etl over everything."""
        run(self.program("create_tables", "--force"), self.work)
        return run_noting_lines(self.program("etl"), self.work)


def make_data(build, directory, events, songs, files):
    command = [build / "bench" / "make_dataset", directory, "--events", events, "--songs", songs,
               "--files", files]
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return json.loads(done.stdout)


def check_counts(who, counts, answers):
    wrong = {name: (count, answers[name]) for name, count in counts.items()
             if count != answers[name]}
    if wrong:
        raise Failure(f"{who}: wrong counts (found, right): {wrong}")


def query(sql):
    connection = psycopg2.connect("")
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone() if cursor.description else None


def our_counts():
    names, sql = star_sql.counts_query("stage", "star")
    return dict(zip(names, query(sql)))


def psql(*commands):
    # The program itself where it can be found: Debian's /usr/bin/psql is a Perl script around it.
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql")) or [shutil.which("psql")]
    words = [found[-1], "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    return words + [word for command in commands for word in ("-c", command)]


class Contest:
    def __init__(self, options, work, data, answers, warehouse):
        self.options = options
        self.work = work
        self.data = data
        self.answers = answers
        self.warehouse = warehouse
        self.seconds = {}
        self.peaks = {}

    def note(self, name, seconds, peak):
        self.seconds.setdefault(name, []).append(seconds)
        self.peaks[name] = max(peak, self.peaks.get(name, 0))
        print(f"  {name}: {seconds:.2f} s", file=sys.stderr)

    def ours(self):
        seconds, peak, lines = self.warehouse.load()
        self.note("etl", seconds, peak)
        check_counts("etl", our_counts(), self.answers)
        marks = [at for at, line in lines
                 if re.search(r"(Beginning|Completed) copy .*staging_events", line)]
        if len(marks) != 2:
            raise Failure("etl does not tell when the copy of the events begins and ends")
        self.note("etl, staging alone", marks[1] - marks[0], peak)

    def peer(self, name, script, *arguments):
        command = [sys.executable, BENCH / script, self.data, *arguments]
        seconds, peak, out = run(command, self.work)
        self.note(name, seconds, peak)
        check_counts(name, json.loads(out), self.answers)

    def duckdb(self, name, keep_order):
        database = self.work / "peer.duckdb"
        self.peer(name, "peer_duckdb.py", database, self.options.threads, keep_order)
        database.unlink()

    def export(self):
        """A table for COPY and ready-made files for it, from what the Python peer left."""
        table = "bench_stage.staging_events"
        sql = f"SELECT relpersistence = 'u' FROM pg_class WHERE oid = '{table}'::regclass"
        kind = "UNLOGGED" if query(sql)[0] else ""
        query(f"DROP TABLE IF EXISTS {COPY_TABLE}; CREATE {kind} TABLE {COPY_TABLE} (LIKE {table})")
        if (self.work / "events.bin").exists():
            return
        commands = [rf"\copy {table} TO '{self.work}/events.bin' (FORMAT binary)"]
        for i in range(2):
            half = f"SELECT * FROM {table} WHERE session_id % 2 = {i}"
            commands.append(rf"\copy ({half}) TO '{self.work}/events{i}.csv' (FORMAT csv)")
        run(psql(*commands), self.work)

    def copy(self, name, per_connection):
        """Each connection in a transaction of its own. Alone, it can truncate in the same one."""
        alone = len(per_connection) == 1
        if not alone:
            query(f"TRUNCATE {COPY_TABLE}")
        begin = ("BEGIN", f"TRUNCATE {COPY_TABLE}") if alone else ("BEGIN",)
        seconds, peak, _ = run_together(
            [psql(*begin, copy, "COMMIT") for copy in per_connection], self.work
        )
        self.note(name, seconds, peak)
        rows = query(f"SELECT count(*) FROM {COPY_TABLE}")[0]
        check_counts(name, {"staging_events": rows}, self.answers)

    def round(self):
        if self.warehouse:
            self.ours()
        self.duckdb("DuckDB, its defaults", "true")
        self.duckdb("DuckDB, order not kept", "false")
        self.peer("Python json + psycopg2", "peer_python.py")
        self.export()
        copy = rf"\copy {COPY_TABLE} FROM '{self.work}/events"
        self.copy("psql copy binary, staging alone", [f"{copy}.bin' (FORMAT binary)"])
        self.copy(
            "psql copy csv x 2, staging alone", [f"{copy}{i}.csv' (FORMAT csv)" for i in range(2)]
        )
        query("DROP SCHEMA bench_stage, bench_star CASCADE")

    def print_table(self):
        ours = {name: statistics.median(self.seconds[name])
                for name in ("etl", "etl, staging alone") if name in self.seconds}
        print(f"{'contestant':34} {'median s':>9} {'best s':>8} {'x ours':>8} {'peak MB':>8}")
        for name, seconds in self.seconds.items():
            median = statistics.median(seconds)
            base = ours.get("etl, staging alone" if "staging" in name else "etl")
            ratio = f"{median / base:8.2f}" if base else f"{'-':>8}"
            peak = self.peaks[name] / 1e6
            print(f"{name:34} {median:9.2f} {min(seconds):8.2f} {ratio} {peak:8.1f}")


def processor():
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def print_header(options, answers):
    import duckdb

    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    print(f"machine: {os.cpu_count()} x {processor()}, {memory:.1f} GB, {platform.platform()}")
    print(
        f"data: {answers['staging_events']:,} events in {answers['log_files']} files, "
        f"{answers['log_bytes'] / 1e6:.1f} MB; {answers['staging_songs']:,} songs, one a file, "
        f"{answers['song_bytes'] / 1e6:.1f} MB"
    )
    print(
        f"versions: PostgreSQL {query('SHOW server_version')[0]}; DuckDB {duckdb.__version__}, "
        f"{options.threads} threads; Python {platform.python_version()}, "
        f"psycopg2 {psycopg2.__version__.split()[0]}"
    )
    print(f"rounds: {options.rounds}, contestants in turn; every count checked; x ours: above 1 is "
          "slower than etl")


def compare(options, work, warehouse):
    data = work / "data"
    answers = make_data(options.build, data, options.events, options.songs, options.files)
    if warehouse:
        warehouse.point_at(data)
        warehouse.create()
    contest = Contest(options, work, data, answers, warehouse)
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        contest.round()
    print_header(options, answers)
    contest.print_table()


def measure_memory(options, work, warehouse):
    """etl's peak memory for the data, ten times as much in as many files and in more, and 4 GB."""
    cases = {
        "the data": (options.events, options.songs, options.files),
        "10 times the events": (10 * options.events, options.songs, options.files),
        "10 times the objects too": (10 * options.events, 10 * options.songs, 10 * options.files),
        "one log file of 4 GB": (FOUR_GB_EVENTS, options.songs, 1),
    }
    peaks = {}
    print(f"{'etl loads':24} {'events':>12} {'MB':>8} {'seconds':>8} {'peak MB':>8}")
    for name, size in cases.items():
        data = work / "data"
        answers = make_data(options.build, data, *size)
        warehouse.point_at(data)
        warehouse.create()
        seconds, peaks[name], _ = warehouse.load()
        check_counts(name, our_counts(), answers)
        megabytes = (answers["log_bytes"] + answers["song_bytes"]) / 1e6
        print(f"{name:24} {size[0]:12,} {megabytes:8.0f} {seconds:8.1f} {peaks[name] / 1e6:8.1f}",
              flush=True)
        shutil.rmtree(data)
    if max(peaks.values()) > MEMORY_LIMIT:
        raise Failure(f"etl took more than {MEMORY_LIMIT / 1e6:.0f} MB")
    if peaks["10 times the events"] > 1.15 * peaks["the data"]:
        raise Failure("etl's memory follows the size of the data")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--songs", type=int, default=15_000)
    parser.add_argument("--files", type=int, default=30, help="log files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="DuckDB's")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/bench-work"),
                        help="a new folder for data and databases, removed at the end")
    parser.add_argument("--memory", action="store_true",
                        help="only etl's peak memory, also for 10 times the data and for a 4 GB file")
    parser.add_argument("--without-ours", action="store_true",
                        help="only the peers, on the server of libpq's environment (PGHOST ...), "
                             "where create_tables has run")
    options = parser.parse_args()
    if options.memory and options.without_ours:
        parser.error("--memory measures etl, so --without-ours makes no sense with it")
    return options


def main():
    options = parse_options()
    options.build = options.build.resolve()
    work = options.work.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that the server is stopped.
    os.environ.setdefault("DWH_HOME", str(BENCH.parent))  # For a build outside the source tree.
    warehouse = None if options.without_ours else Warehouse(options.build, work)
    try:
        work.mkdir(parents=True)
        try:
            (measure_memory if options.memory else compare)(options, work, warehouse)
        finally:
            if warehouse and warehouse.config.exists():
                warehouse.delete()
            shutil.rmtree(work)
    except (Failure, FileExistsError) as error:
        print(f"compare: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
