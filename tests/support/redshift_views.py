"""The load views of Redshift, with what the stand-in remembers of its COPYs.

They are outside of all transactions, as on Redshift: a query sees the rows of this moment, and a
ROLLBACK takes none away.
"""

import json
import threading

CHAR = "char({})".format
_LOAD_ERRORS = {
    "userid": "int", "slice": "int", "tbl": "int", "starttime": "timestamp", "session": "int",
    "query": "int", "filename": CHAR(256), "line_number": "bigint", "colname": CHAR(127),
    "type": CHAR(10), "col_length": CHAR(10), "position": "int", "raw_line": CHAR(1024),
    "raw_field_value": CHAR(1024), "err_code": "int", "err_reason": CHAR(100), "is_partial": "int",
    "start_offset": "bigint"}
_LOAD_COMMITS = {
    "userid": "int", "query": "int", "slice": "int", "name": CHAR(256), "filename": CHAR(256),
    "byte_offset": "int", "lines_scanned": "int", "errors": "int", "curtime": "timestamp",
    "status": "int", "file_format": CHAR(16), "is_partial": "int", "start_offset": "bigint",
    "copy_job_id": "bigint"}
_LOAD_STATE = {
    "userid": "int", "session": "int", "query": "int", "slice": "int", "pid": "int",
    "recordtime": "timestamp", "bytes_to_load": "bigint", "bytes_loaded": "bigint",
    "bytes_to_load_compressed": "bigint", "bytes_loaded_compressed": "bigint", "lines": "int",
    "num_files": "int", "num_files_complete": "int", "current_file": CHAR(256),
    "pct_complete": "int"}
_SYS_ERRORS = {
    "user_id": "int", "query_id": "bigint", "transaction_id": "bigint", "session_id": "int",
    "database_name": CHAR(64), "table_id": "int", "start_time": "timestamp",
    "file_name": CHAR(256), "line_number": "bigint", "column_name": CHAR(127),
    "column_type": CHAR(10), "column_length": CHAR(10), "position": "int", "error_code": "int",
    "error_message": CHAR(512)}
_SYS_DETAIL = {
    "user_id": "int", "query_id": "bigint", "file_name": CHAR(256), "bytes_scanned": "int",
    "lines_scanned": "int", "record_time": "timestamp", "splits_scanned": "int",
    "start_time": "timestamp", "end_time": "timestamp", "file_etag": CHAR(256),
    "file_last_modified": "timestamp"}
_SYS_HISTORY = {
    "user_id": "int", "query_id": "bigint", "transaction_id": "bigint", "session_id": "int",
    "database_name": "text", "status": "text", "table_name": "text", "start_time": "timestamp",
    "end_time": "timestamp", "duration": "bigint", "data_source": "text", "file_format": "text",
    "loaded_rows": "bigint", "loaded_bytes": "bigint", "source_file_count": "int",
    "source_file_bytes": "bigint", "file_count_scanned": "int", "file_bytes_scanned": "bigint",
    "error_count": "bigint", "copy_job_id": "bigint"}
_SLICES = {"node": "int", "slice": "int", "localslice": "int", "type": CHAR(1)}

_CLUSTER_ONLY = {"stl_load_errors": _LOAD_ERRORS, "stl_load_commits": _LOAD_COMMITS,
                 "stv_load_state": _LOAD_STATE, "stv_slices": _SLICES}
_EVERYWHERE = {"sys_load_error_detail": _SYS_ERRORS, "sys_load_detail": _SYS_DETAIL,
               "sys_load_history": _SYS_HISTORY}
_COLUMNS = _CLUSTER_ONLY | _EVERYWHERE


class LoadLog:
    """Rows of the views, by view. Thread-safe."""

    def __init__(self, slices: int):
        self._lock = threading.Lock()
        self._rows: dict[str, list[dict]] = {name: [] for name in _COLUMNS}
        self._rows["stv_slices"] = [
            {"node": at // 2, "slice": at, "localslice": at % 2, "type": "D"}
            for at in range(slices)]

    def add(self, view: str, rows: list[dict]) -> None:
        with self._lock:
            self._rows[view] += rows

    def put(self, view: str, query: int, rows: list[dict]) -> None:
        """In place of what the view holds of this query."""
        key = "query_id" if "query_id" in _COLUMNS[view] else "query"
        with self._lock:
            self._rows[view] = [row for row in self._rows[view] if row[key] != query] + rows

    def rows(self, view: str) -> list[dict]:
        with self._lock:
            return [dict(row) for row in self._rows[view]]

    def subquery(self, view: str) -> str:
        """SQL for PostgreSQL that gives the rows; char columns are padded with blanks."""
        columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS[view].items())
        rows = json.dumps(self.rows(view)).replace("'", "''")
        return f"(SELECT * FROM jsonb_to_recordset('{rows}') AS t({columns}))"


def is_known(view: str) -> bool:
    return view in _COLUMNS


def is_cluster_only(view: str) -> bool:
    return view.startswith(("stl_", "stv_", "svl_"))
