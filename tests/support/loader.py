"""COPY on the local engine, through run_sql_tool, against a temporary PostgreSQL."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest


@dataclass
class Loaded:
    """What a COPY said, and what the table holds after it."""

    rows: list[tuple]
    loaded: int = 0
    records: int = 0
    rejected: int = 0
    failed: bool = False
    errors: list[dict] = field(default_factory=list)
    error: str = ""  # of a COPY that failed outright, or of a statement before it
    hint: str = ""
    kind: int = -1  # ErrorKind, in its order

    @property
    def values(self) -> list:
        """The first column of all rows."""
        return [row[0] for row in self.rows]

    @property
    def lines(self) -> list[int]:
        return [error["line"] for error in self.errors]

    @property
    def reasons(self) -> list[str]:
        """Each reject as "CODE REASON"."""
        return [f"{error['code']} {error['reason']}" for error in self.errors]


class Loader:
    """Runs scripts of Redshift SQL and COPYs of data given as text."""

    def __init__(self, tool: Path, server, folder: Path):
        self._tool = tool
        self._server = server
        self.folder = folder
        self._connection = psycopg.connect(server.conninfo, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def query(self, sql: str) -> list[tuple]:
        return self._connection.execute(sql).fetchall()

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, script: str) -> list[dict]:
        """The tool's answers: one for each statement, the last with "error" if it stopped there."""
        path = self.write("script.sql", script)
        done = subprocess.run([self._tool, str(self._server.folder), "5432", "postgres", "postgres",
                               path], capture_output=True, text=True, timeout=300, check=False)
        answers = [json.loads(line) for line in done.stdout.split("\n") if line]
        stopped = bool(answers) and "error" in answers[-1]
        assert done.returncode == (1 if stopped else 0), done
        return answers

    def table(self, columns: str) -> None:
        """Makes the table t anew."""
        answers = self.run(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({columns});")
        assert "error" not in answers[-1], answers

    def copy(self, columns: str | None, content: str | bytes | Path, options: str = "", *,
             mapping: str = "auto", target: str = "t", select: str = "*") -> Loaded:
        """COPYs content, or what a path stands for, into a table t of these columns.

        None keeps the table as it is. Rows come in the order of loading.
        """
        if columns is not None:
            self.table(columns)
        source = content if isinstance(content, Path) else self.write("data.json", content)
        copy = f"COPY {target} FROM '{source}' FORMAT AS JSON '{mapping}' {options};"
        answer = self.run(copy)[-1]
        return Loaded(rows=self.query(f"SELECT {select} FROM t ORDER BY ctid"), **answer)


def find_tool() -> Path:
    folder = Path(os.environ.get("DWH_BUILD_DIR") or os.environ.get("DWH_BIN_DIR", ""))
    path = folder / "tests" / "run_sql_tool"
    if not path.is_file():
        pytest.exit(f"there is no {path}: build it first", returncode=2)
    return path.resolve()


@pytest.fixture(name="loader")
def make_loader(postgres, tmp_path):
    """A Loader with a folder of its own; its table t is shared with no other test at work."""
    made = Loader(find_tool(), postgres, tmp_path)
    yield made
    made.close()
