"""One COPY done twice: by the project's loader, and by the Redshift stand-in."""

import re
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from support.loader import Loader
from support.redshift_fixture import BUCKET, DATABASE, PASSWORD, ROLE, USER
from support.redshift_server import RedshiftStandIn


@dataclass
class Side:
    """What became of the table, the rejects, and whether the COPY failed."""

    rows: list[tuple]
    rejects: list[tuple] = field(default_factory=list)  # file, line, column, code, reason
    failed: bool = False
    error: str = ""

    @property
    def tables_agree(self) -> tuple:
        return self.rows, self.failed


class Twin:
    """`ours` and `theirs` of a table t that both have."""

    def __init__(self, loader: Loader, standin: RedshiftStandIn, s3):
        self._loader = loader
        self._standin = standin
        self._s3 = s3
        self.session = psycopg.connect(
            host="127.0.0.1", port=standin.port, dbname=DATABASE, user=USER, password=PASSWORD,
            sslmode="disable", autocommit=True, prepare_threshold=None)

    def close(self) -> None:
        self.session.close()

    def put(self, name: str, content: bytes) -> tuple[Path, str]:
        """The same object as a file and in S3."""
        path = self._loader.write(f"twin/{name}", content)
        self._s3.put_object(Bucket=BUCKET, Key=f"twin/{name}", Body=content)
        return path, f"s3://{BUCKET}/twin/{name}"

    def clear(self) -> None:
        for path in sorted(self._loader.folder.glob("twin/**/*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        for item in self._s3.list_objects_v2(Bucket=BUCKET, Prefix="twin/").get("Contents", []):
            self._s3.delete_object(Bucket=BUCKET, Key=item["Key"])

    def copy(self, columns: str, content: bytes, options: str = "", mapping: str = "auto"
             ) -> tuple[Side, Side]:
        """Both sides' table t after a COPY of one object. `mapping` may be a JSONPaths document."""
        place, url = self.put("data.json", content)
        ours, theirs = mapping, mapping
        if mapping.startswith("{"):
            path, theirs = self.put("paths.json", mapping.encode())
            ours = str(path)
        self._loader.table(columns)
        self.session.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({columns})")
        return self.run("t", place, url, options, ours, theirs)

    def run(self, target: str, place: Path, url: str, options: str, our_mapping: str,
            their_mapping: str) -> tuple[Side, Side]:
        return (self._ours(target, place, options, our_mapping),
                self._theirs(target, url, options, their_mapping))

    def _ours(self, target: str, place: Path, options: str, mapping: str) -> Side:
        copy = f"COPY {target} FROM '{place}' FORMAT AS JSON '{mapping}' {options};"
        answer = self._loader.run(copy)[-1]
        rejects = [(Path(error["filename"]).name, error["line"], error["column"], error["code"],
                    comparable(error["reason"])) for error in answer.get("errors", [])]
        return Side(table_text(self._loader.query, target), sorted(rejects),
                    answer.get("failed", True), answer.get("error", ""))

    def _theirs(self, target: str, url: str, options: str, mapping: str) -> Side:
        known = len(self._standin.log.rows("stl_load_errors"))
        error = ""
        try:
            self.session.execute(f"COPY {target} FROM '{url}' IAM_ROLE '{ROLE}' FORMAT AS JSON "
                                 f"'{mapping}' {options}")
        except psycopg.Error as caught:
            error = str(caught.diag.message_primary)
        rejects = [(row["filename"].rpartition("/")[2], row["line_number"], row["colname"],
                    row["err_code"], comparable(row["err_reason"]))
                   for row in self._standin.log.rows("stl_load_errors")[known:]]
        with closing(psycopg.connect(self._standin.backend_conninfo)) as backend:
            rows = table_text(lambda sql: backend.execute(sql).fetchall(), target)
        return Side(rows, sorted(rejects), bool(error), error)


def table_text(query, table: str) -> list[tuple]:
    """Every column of every row as PostgreSQL writes it, in the order of loading. `table` may be
    followed by a list of columns, as in COPY."""
    table = table.partition("(")[0].strip()
    columns = query(f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND"
                    " attnum > 0 AND NOT attisdropped ORDER BY attnum")
    shown = ", ".join(f'"{name}"::text' for (name,) in columns)
    return query(f"SELECT {shown} FROM {table} ORDER BY ctid")


def comparable(reason: str) -> str:
    """Of text that is no UTF-8 each side shows another part, by the order it looks in."""
    return re.sub(" +", " ", re.sub(r"(hex sequence|Invalid char): .*", r"\1", reason))
