"""A local warehouse with a source to load, and what tests ask of it."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path

from support.programs import Finished, LocalWarehouse, Programs
from support.sparkify import in_order
from support.versions import STARS, json_row


def wait_until(condition, what: str, timeout: float = 60):
    """Asks again and again, at once, until the answer is true; returns it."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never saw: {what}"
        time.sleep(0.005)
    return value


class Session:
    """A psql that stays, to hold locks with and to look while others work."""

    def __init__(self, warehouse: "EtlWarehouse"):
        # One pipe for both: an answer ends with its mark, whatever became of the statement.
        self._psql = subprocess.Popen(
            warehouse.psql_command(None), env=warehouse.psql_env(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_):
        self.close()

    def sql(self, sql: str) -> str:
        """Runs statements; returns their output. Raises ConnectionError if the server is gone."""
        try:
            self._psql.stdin.write(f"{sql};\n\\echo end-of-answer\n")
            self._psql.stdin.flush()
        except BrokenPipeError as error:
            raise ConnectionError("psql has ended") from error
        lines = []
        for line in self._psql.stdout:
            if line == "end-of-answer\n":
                answer = "".join(lines).strip()
                if "FATAL:" in answer:  # the server's last words, which may follow the answer
                    raise ConnectionError(answer)
                assert "ERROR:" not in answer, answer
                return answer
            lines.append(line)
        raise ConnectionError("".join(lines))

    def close(self) -> None:
        self._psql.kill()
        self._psql.wait()
        self._psql.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # words that it did not live to read
            self._psql.stdin.close()


class EtlWarehouse(LocalWarehouse):
    """A dwh.cfg whose [S3] names `source`, and whose results go to `results`."""

    def __init__(self, programs: Programs, folder: Path):
        self.source = folder / "source"
        self.results = folder / "results"
        self.results.mkdir()
        super().__init__(programs, folder)

    def write_cfg(self, local: str = "", cluster: str = "") -> None:
        super().write_cfg(local, cluster)
        with open(self.cfg, "a", encoding="utf-8") as file:
            file.write(f"\n[S3]\nLOG_DATA={self.source}/log_data\n"
                       f"SONG_DATA={self.source}/song_data\n"
                       f"\n[ETL]\nRESULTS_DIR={self.results}\nLOCK_FILE={self.folder}/etl.lock\n")

    def psql_command(self, sql: str | None) -> list[str]:
        command = ["psql", "-XAtq", "-h", str(self.data_dir / "run"), "-U", "dwh", "-d", "sparkify"]
        return command if sql is None else [*command, "-v", "ON_ERROR_STOP=1", "-c", sql]

    def create(self) -> "EtlWarehouse":
        """The server and its tables."""
        self.manage("create")
        self.create_tables()
        return self

    def create_tables(self, *args, **kwargs) -> Finished:
        return self.programs.run("create_tables", *args, cfg=self.cfg, **kwargs)

    @property
    def model(self) -> str:
        return self.get("DWH", "MODEL") or "classic"

    def choose(self, model: str) -> "EtlWarehouse":
        """From now on with empty tables of this model."""
        self.set("DWH", "MODEL", model)
        self.create_tables("--force")
        return self

    def etl(self, *args, **kwargs) -> Finished:
        return self.programs.run("etl", *args, cfg=self.cfg, **kwargs)

    def start_etl(self, *args, cfg: Path | None = None) -> "RunningEtl":
        return RunningEtl(self.programs.start("etl", *args, cfg=cfg or self.cfg))

    def session(self) -> Session:
        return Session(self)

    def star(self, session: Session | None = None) -> dict[str, list[list]]:
        """Every star table in the form of versions.expected_star(), in one snapshot."""
        tables = STARS[self.model]
        parts = [f"SELECT '{table}', {json_row(columns)} FROM star.{table}"
                 for table, columns in tables.items()]
        found: dict[str, list[list]] = {table: [] for table in tables}
        for row in (session or self).sql(" UNION ALL ".join(parts)).splitlines():
            table, _, values = row.partition("|")
            found[table].append(json.loads(values))
        return {table: in_order(rows) for table, rows in found.items()}

    def content(self, session: Session | None = None) -> str:
        """A digest of every star table, surrogate keys aside, in one snapshot."""
        parts = []
        for table, columns in STARS[self.model].items():
            row = f"ROW({', '.join(columns)})::text"
            parts.append(f"(SELECT count(*) || ' ' || coalesce(md5(string_agg({row}, chr(10)"
                         f" ORDER BY {row})), '') FROM star.{table})")
        return (session or self).sql(f"SELECT concat_ws(' ', {', '.join(parts)})")

    def ledger(self, session: Session | None = None) -> list[str]:
        return (session or self).sql(
            "SELECT table_name, object_key, size_bytes, etag, records, rows_loaded, rejects"
            " FROM stage.etl_objects ORDER BY 1, 2").splitlines()

    def sessions_of_etl(self) -> int:
        return int(self.sql("SELECT count(*) FROM pg_stat_activity"
                            " WHERE application_name = 'etl'"))

    def kill_server(self) -> None:
        """kill -9 of the postmaster and of every process of its."""
        assert self.processes(), "a server that does not run cannot be killed"
        self.send_signal(signal.SIGKILL)
        wait_until(lambda: not self.processes(), "the end of the server's processes")


class RunningEtl:
    """An etl at work whose messages can be waited for."""

    def __init__(self, process: subprocess.Popen):
        self.process = process
        self.pid = process.pid
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.err = ""
        self.out = ""
        self._readers = [threading.Thread(target=self._read_messages),
                         threading.Thread(target=self._read_results)]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "RunningEtl":
        return self

    def __exit__(self, *_):
        """Leaves nothing running, whatever the test did."""
        if self.process.poll() is None:
            self.kill()
        self.finish()

    def _read_messages(self):
        for line in self.process.stderr:
            self.err += line
            self._lines.put(line)
        self._lines.put(None)

    def _read_results(self):
        self.out = self.process.stdout.read()

    def wait_for(self, words: str, timeout: float = 60) -> bool:
        """True as soon as it has said the words, False if it ended without."""
        while (line := self._lines.get(timeout=timeout)) is not None:
            if words in line:
                return True
        return False

    def kill(self, sign: int = signal.SIGKILL) -> None:
        self.process.send_signal(sign)

    def finish(self, timeout: float = 120) -> int:
        """Waits for the end; its exit status as a shell tells it."""
        status = self.process.wait(timeout)
        for reader in self._readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return status if status >= 0 else 128 - status


def make_dataset(folder: Path, events: int, files: int) -> dict[str, int]:
    """Generated data, about half a kilobyte an event; what a right load finds in each table."""
    program = os.path.join(os.environ["DWH_BUILD_DIR"], "bench/make_dataset")
    done = subprocess.run([program, folder, "--events", str(events), "--files", str(files),
                           "--songs", "300"], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def waits_for_lock(holder: Session) -> bool:
    """True if a session of etl stands still before a lock of the holder's. Now and then one waits
    for autovacuum, too, at any step."""
    # In a transaction the view would go on showing what it showed first.
    holder.sql("DO 'BEGIN PERFORM pg_stat_clear_snapshot(); END'")
    return holder.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'etl'"
                      " AND pg_backend_pid() = ANY(pg_blocking_pids(pid))") != "0"
