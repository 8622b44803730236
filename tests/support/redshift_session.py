"""One connection to the Redshift stand-in: statements come in, their PostgreSQL goes to a session
of a real server, and what that says goes back in Redshift's words."""

import hashlib
import os
import re
import struct
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus

from support import redshift_views
from support.redshift_copy import Copy, Load, parse_copy
from support.redshift_ddl import BYTES
from support.redshift_error import RedshiftError, syntax_error
from support.redshift_faults import SERIALIZABLE, Fault, Received
from support.redshift_lexer import Statement, split
from support.redshift_sql import Moment, Plan, check_setting, translate
from support.redshift_values import Column
from support.redshift_wire import (CANCEL_REQUEST, GSS_REQUEST, SSL_REQUEST, VERSION_3, Body,
                                   Closed, Wire)

MAX_PARAMETERS = 32767
# What else a driver may say at startup.
_STARTUP = {"user", "database", "options", "replication", "client_protocol_version",
            "driver_version", "os_version", "plugin_name"}
_ABORTED = "current transaction is aborted, commands ignored until end of transaction block"


@dataclass
class Prepared:
    """A parsed statement, of the extended protocol."""

    statement: Statement | None
    types: list[int] = field(default_factory=list)


@dataclass
class Portal:
    prepared: Prepared
    values: list[bytes | None]
    formats: list[int]
    result_formats: list[int]

    def shown(self) -> list[str | None]:
        """The values as text; binary ones in hexadecimal."""
        return [None if value is None else "\\x" + value.hex() if form else
                value.decode("utf-8", "replace") for value, form in zip(self.values, self.formats)]


class Session(Moment):
    """Runs in a thread of its own."""

    def __init__(self, server, sock):
        self._server = server
        self._wire = Wire(sock)
        self.tls = False
        self.pid = 0
        self.key = 0
        self._thread: threading.Thread | None = None
        self._user = ""
        self._backend: psycopg.Connection | None = None
        self._statements: dict[str, Prepared] = {}
        self._portals: dict[str, Portal] = {}
        self._skipping = False
        self._cancelled = threading.Event()
        self._held = None
        self.copy_count = 0
        self.copy_id = -1
        self._copy_before = -1  # of the time before the transaction

    # ---- From connect to disconnect

    def run(self) -> None:
        self._thread = threading.current_thread()
        try:
            if self._start():
                self._serve()
            if self.tls:
                # Says goodbye; whoever only cancelled waits for that.
                self._wire.sock.settimeout(10)
                self._wire.sock.unwrap()
        except (Closed, OSError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Ends the connection at once; the backend rolls back. From any thread."""
        mine = threading.current_thread() is self._thread
        if not mine:
            self.cancel()
        try:
            self._wire.sock.shutdown(2)
        except OSError:
            pass
        self._wire.sock.close()
        if mine and self._backend is not None:
            self._backend.close()

    def cancel(self) -> None:
        self._cancelled.set()
        if self._held:
            self._held.release()
        backend = self._backend
        if backend is not None and not backend.closed:
            backend.cancel_safe(timeout=10)

    def _start(self) -> bool:
        while True:
            code, body = self._wire.startup()
            if code == SSL_REQUEST:
                self._wire.raw(b"S" if self._server.tls else b"N")
                if self._server.tls:
                    try:
                        self._wire = Wire(self._server.tls.wrap_socket(self._wire.sock,
                                                                       server_side=True))
                    except OSError as error:
                        raise Closed from error
                    self.tls = True
            elif code == GSS_REQUEST:
                self._wire.raw(b"N")
            elif code == CANCEL_REQUEST:
                self._server.cancel_session(*struct.unpack("!ii", body[:8]))
                return False
            else:
                return self._log_in(code, body)

    def _log_in(self, code: int, body: bytes) -> bool:
        try:
            if code != VERSION_3:
                raise RedshiftError("0A000", "unsupported frontend protocol")
            names = body.rstrip(b"\0").split(b"\0")
            given = {key.decode(): value.decode() for key, value in zip(names[::2], names[1::2])}
            self._user = given.get("user", "")
            database = given.get("database", self._user)
            accepted = self._authenticate()
            self._server.note_login(self._user, database, self.tls, accepted, given)
            if not accepted:
                raise RedshiftError("28000",
                                    f'password authentication failed for user "{self._user}"')
            settings = _startup_settings(given)
            if database != self._server.database:
                raise RedshiftError("3D000", f'database "{database}" does not exist')
            self._connect(settings)
        except RedshiftError as error:
            self._wire.error(error, "FATAL")
            self._wire.flush()
            return False
        return True

    def _authenticate(self) -> bool:
        if self._server.require_tls and not self.tls:
            raise RedshiftError("28000", f'no pg_hba.conf entry for host "127.0.0.1", user '
                                f'"{self._user}", SSL off')
        salt = os.urandom(4)
        if self._user in self._server.sha256_users:
            # Stored as SHA-256: a method that libpq does not know.
            self._wire.send(b"R", struct.pack("!i", 13) + salt)
            self._wire.flush()
            return False
        self._wire.send(b"R", struct.pack("!i", 5) + salt)
        self._wire.flush()
        kind, body = self._wire.message()
        if kind != b"p":
            raise Closed
        said = body.rstrip(b"\0").decode()
        return any(said == _md5(password, self._user, salt)
                   for password in self._server.passwords_of(self._user))

    def _connect(self, settings: dict[str, str]) -> None:
        self._backend = psycopg.connect(self._server.backend_conninfo, autocommit=True,
                                        prepare_threshold=None)
        self._backend.add_notice_handler(self._pass_notice)
        self._pg("SET default_transaction_isolation TO 'repeatable read'")
        for name, value in settings.items():
            self._pg(translate(split(f"SET {name} TO '{value}'")[0], self).sql)
        self.pid = self._backend.pgconn.backend_pid
        self.key = int.from_bytes(os.urandom(4), "big", signed=True)
        self._wire.send(b"R", struct.pack("!i", 0))
        for name, value in {"server_version": "8.0.2", "client_encoding": "UNICODE",
                            "server_encoding": "UNICODE", "DateStyle": "ISO, MDY",
                            "integer_datetimes": "on", "is_superuser": "on",
                            "session_authorization": self._user}.items():
            self._wire.send(b"S", name.encode() + b"\0" + value.encode() + b"\0")
        self._wire.send(b"K", struct.pack("!ii", self.pid, self.key))
        self._ready()

    def _serve(self) -> None:
        handlers = {b"P": self._parse, b"B": self._bind, b"D": self._describe,
                    b"E": self._execute, b"C": self._close_message}
        while True:
            kind, data = self._wire.message()
            if kind == b"X":
                return
            if kind == b"Q":
                self._simple(Body(data).text())
            elif kind == b"S":
                self._skipping = False
                self._ready()
            elif kind == b"H":
                self._wire.flush()
            elif kind not in handlers:
                raise Closed
            elif not self._skipping:
                try:
                    handlers[kind](Body(data))
                except RedshiftError as error:
                    self._fail(error)
                    self._skipping = True

    def _ready(self) -> None:
        state = {TransactionStatus.IDLE: b"I", TransactionStatus.INTRANS: b"T",
                 TransactionStatus.INERROR: b"E"}[self._state]
        self._wire.send(b"Z", state)
        self._wire.flush()

    # ---- The two ways a statement comes

    def _simple(self, text: str) -> None:
        self._skipping = False
        try:
            statements = split(text)
            if not statements:
                self._wire.send(b"I")
            self._batch(statements)
        except RedshiftError as error:
            self._fail(error)
        self._ready()

    def _batch(self, statements: list[Statement]) -> None:
        """Several statements of one message are one transaction."""
        implicit = False
        try:
            for statement in statements:
                control = statement.words[0] in ("BEGIN", "START", "COMMIT", "END", "ROLLBACK",
                                                 "ABORT", "VACUUM")
                if len(statements) > 1 and not control and not self.in_transaction:
                    self._pg("BEGIN")
                    implicit = True
                if statement.words[0] in ("BEGIN", "START"):
                    implicit = False
                self._one(statement, None)
        except RedshiftError:
            if implicit:
                self._pg("ROLLBACK")
            raise
        if implicit and self.in_transaction:
            self._pg("COMMIT")

    def _parse(self, body: Body) -> None:
        name, text = body.text(), body.text()
        types = body.counted(body.int32)
        try:
            statements = split(text)
            if len(statements) > 1:
                raise RedshiftError("42601", "cannot insert multiple commands into a prepared "
                                    "statement")
            prepared = Prepared(statements[0] if statements else None, types)
            if prepared.statement:
                self._plan(prepared.statement)
        except RedshiftError as error:
            self._server.received(Received(self.pid, text, [], True, error.sqlstate))
            raise
        self._statements[name] = prepared
        self._wire.send(b"1")

    def _bind(self, body: Body) -> None:
        portal, name = body.text(), body.text()
        formats = body.counted(body.int16)
        values = body.counted(body.value)
        result_formats = body.counted(body.int16)
        if len(values) > MAX_PARAMETERS:
            raise RedshiftError("54000", f"too many parameters: {len(values)}, the limit is "
                                f"{MAX_PARAMETERS}")
        if name not in self._statements:
            raise RedshiftError("26000", f'prepared statement "{name}" does not exist')
        if len(formats) == 1:
            formats *= len(values)
        self._portals[portal] = Portal(self._statements[name], values, formats or [0] * len(values),
                                       result_formats)
        self._wire.send(b"2")

    def _describe(self, body: Body) -> None:
        kind, name = body.byte(), body.text()
        portal = self._portals[name] if kind == "P" else None
        prepared = portal.prepared if portal else self._statements[name]
        plan = self._plan(prepared.statement) if prepared.statement else Plan("command")
        described = None
        if plan.kind == "query" or (kind == "S" and "$1" in plan.sql):
            self._check_aborted(plan)
            pgconn = self._backend.pgconn
            self._raise(pgconn.prepare(b"", plan.sql.encode(), prepared.types or None))
            described = self._raise(pgconn.describe_prepared(b""))
        if kind == "S":
            count = described.nparams if described else 0
            self._wire.send(b"t", struct.pack("!h", count) + b"".join(
                struct.pack("!i", described.param_type(i)) for i in range(count)))
        if described is not None and described.nfields:
            self._wire.row_description(described, portal.result_formats if portal else [0])
        else:
            self._wire.send(b"n")

    def _execute(self, body: Body) -> None:
        portal = self._portals[body.text()]
        if body.int32() != 0:
            raise RedshiftError("0A000", "the stand-in does not know Execute with a row limit")
        if portal.prepared.statement is None:
            self._wire.send(b"I")
            return
        self._one(portal.prepared.statement, portal)

    def _close_message(self, body: Body) -> None:
        (self._statements if body.byte() == "S" else self._portals).pop(body.text(), None)
        self._wire.send(b"3")

    # ---- One statement

    def _one(self, statement: Statement, portal: Portal | None) -> None:
        values = portal.shown() if portal else []
        record = self._server.received(
            Received(self.pid, statement.text.strip(), values, portal is not None))
        fault = self._server.faults.strike(statement.text)
        self._cancelled.clear()
        if fault:
            record.outcome = fault.kind
            if fault.kind == "fail" and statement.words[0] in ("COMMIT", "END"):
                self._pg("ROLLBACK")
            self._strike(fault, "before")
        try:
            result, tag = self._run(statement, portal, fault)
        except RedshiftError as error:
            record.outcome = error.sqlstate
            raise
        if fault:
            self._strike(fault, "after")
        record.outcome = "ok"
        if result is not None and result.nfields:
            if portal is None:
                self._wire.row_description(result)
            self._wire.rows(result)
        self._wire.send(b"C", tag.encode() + b"\0")

    def _strike(self, fault: Fault, when: str) -> None:
        if fault.when != when:
            return
        if fault.kind == "drop":
            raise Closed
        if fault.kind == "hold":
            self._held = fault.hold
            fault.hold.wait()
            self._held = None
            self._check_cancelled()
        if fault.kind == "fail":
            raise RedshiftError(*fault.error)

    def _run(self, statement: Statement, portal: Portal | None, fault: Fault | None):
        """The backend's result, if it has rows, and the command tag."""
        plan = self._plan(statement)
        self._check_aborted(plan)
        if plan.kind == "copy":
            if portal and portal.values:
                raise syntax_error("$1")
            self._copy(parse_copy(statement), fault)
            return None, "COPY"
        if plan.kind in ("begin", "commit", "rollback"):
            return None, self._transaction_end(plan)
        if plan.kind == "truncate":
            self._pg(plan.sql)
            if self.in_transaction:
                self._pg("COMMIT")
            return None, "TRUNCATE TABLE"
        if self.in_transaction:
            for table in plan.writes:  # one writer a table, from the first write to the commit
                self._pg(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        result = self._send(plan, portal)
        return result, plan.tag or (result.command_status or b"").decode()

    def _transaction_end(self, plan: Plan) -> str:
        if plan.kind == "begin" and not self.in_transaction:
            self._copy_before = self.copy_id
        failed = self._state == TransactionStatus.INERROR
        tag = self._pg(plan.sql).command_status.decode()
        if plan.kind == "rollback" or failed:
            self.copy_id = self._copy_before
        return tag

    def _send(self, plan: Plan, portal: Portal | None):
        pgconn = self._backend.pgconn
        if portal is None:
            return self._pg(plan.sql)
        if not portal.values and plan.kind == "command":
            return self._pg(plan.sql)
        forms = set(portal.result_formats)
        if len(forms) > 1:
            raise RedshiftError("0A000", "the stand-in does not know results of mixed formats")
        return self._raise(pgconn.exec_params(
            plan.sql.encode(), portal.values, portal.prepared.types or None, portal.formats,
            forms.pop() if forms else 0))

    def _plan(self, statement: Statement) -> Plan:
        return translate(statement, self)

    def _check_aborted(self, plan: Plan) -> None:
        if self._state == TransactionStatus.INERROR and plan.kind not in ("commit", "rollback"):
            raise RedshiftError("25P02", _ABORTED)

    def _fail(self, error: RedshiftError) -> None:
        """Tells the error; an open transaction is aborted by it, whoever found it."""
        if self._state == TransactionStatus.INTRANS:
            self._backend.pgconn.exec_(b"aborted by the stand-in")
        self._wire.error(error)

    def _check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise RedshiftError("57014", self._cancel_words())

    def _cancel_words(self) -> str:
        return f"Query ({self._server.query_id()}) cancelled on user's request"

    # ---- The backend

    @property
    def _state(self) -> TransactionStatus:
        return TransactionStatus(self._backend.pgconn.transaction_status)

    @property
    def in_transaction(self) -> bool:
        return self._state != TransactionStatus.IDLE

    def _pg(self, sql: str):
        """Runs SQL of PostgreSQL's own; the last result."""
        return self._raise(self._backend.pgconn.exec_(sql.encode()))

    def _raise(self, result):
        if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY):
            return result

        def part(code: DiagnosticField) -> str:
            return (result.error_field(code) or b"").decode()

        state = part(DiagnosticField.SQLSTATE)
        bytes_check = re.match(f"{BYTES}_(\\d+)_", part(DiagnosticField.CONSTRAINT_NAME))
        if state == "40001":
            raise RedshiftError("XX000", "1023", SERIALIZABLE)
        if state == "57014":
            raise RedshiftError("57014", self._cancel_words())
        if bytes_check:
            raise RedshiftError("22001", "value too long for type character varying"
                                f"({bytes_check[1]})")
        if not state:
            raise Closed
        raise RedshiftError(state, part(DiagnosticField.MESSAGE_PRIMARY),
                            part(DiagnosticField.MESSAGE_DETAIL),
                            part(DiagnosticField.MESSAGE_HINT))

    def _pass_notice(self, diagnostic) -> None:
        severity = "INFO" if diagnostic.severity == "NOTICE" else diagnostic.severity
        self._wire.notice(severity, diagnostic.message_primary, diagnostic.sqlstate)

    # ---- What a translation asks

    def has_view(self, name: str) -> bool:
        if redshift_views.is_cluster_only(name) and self._server.serverless:
            raise RedshiftError("42501", f"permission denied for relation {name}")
        return redshift_views.is_known(name)

    def view_rows(self, name: str) -> str:
        return self._server.log.subquery(name)

    def foreign_keys_to(self, tables: list[str]) -> list[str]:
        if self._state == TransactionStatus.INERROR:
            return []
        names = ", ".join("to_regclass('" + t.replace("'", "''") + "')" for t in tables)
        found = self._pg("SELECT DISTINCT child.relname FROM redshift.foreign_keys k JOIN pg_class "
                         f"child ON child.oid = k.child WHERE k.parent IN ({names}) AND k.child "
                         f"NOT IN (SELECT o FROM unnest(ARRAY[{names}]::oid[]) o WHERE o IS NOT "
                         "NULL) ORDER BY 1")
        return [found.get_value(row, 0).decode() for row in range(found.ntuples)]

    # ---- COPY

    def _copy(self, copy: Copy, fault: Fault | None) -> None:
        own = not self.in_transaction
        if own:
            self._copy_before = self.copy_id
            self._pg("BEGIN")
        query = self._server.next_query()
        load = None
        try:
            table = ".".join('"' + part.replace('"', '""') + '"' for part in copy.table if part)
            columns = self._columns(table, copy)
            self._pg(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            load = Load(copy, columns, self._server.bucket(copy.role, copy.region),
                        on_file=lambda at, of: self._on_file(fault, at, of), check=self._checker(),
                        progress=lambda load: self._show_progress(load, query))
            load.prepare()
            self.copy_id, self.copy_count = query, 0
            self._fill(load, table)
        except BaseException as error:
            if load:
                self._log_load(load, query, table, done=False)
            if own and not isinstance(error, Closed):
                self._pg("ROLLBACK")
                self.copy_id = self._copy_before
            if isinstance(error, RedshiftError):
                error.message = self._in_our_words(error.message)
            raise
        self._log_load(load, query, table, done=True)
        self.copy_count = 0 if copy.noload else load.rows
        if own:
            self._pg("COMMIT")
        self._tell(load)

    def _columns(self, table: str, copy: Copy) -> list[Column]:
        """The columns that the file's values go into, in order."""
        found = self._pg(
            "SELECT a.attname, t.typname, a.atttypmod, a.attnotnull, a.attidentity, a.atthasdef "
            "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attnum > 0 AND NOT "
            f"a.attisdropped AND a.attrelid = '{table.replace(chr(39), chr(39) * 2)}'::regclass "
            "ORDER BY a.attnum")
        known = [_column([found.get_value(row, i).decode() for i in range(6)])
                 for row in range(found.ntuples)]
        by_name = {column.name: column for column in known}
        for name in copy.columns or []:
            if name not in by_name:
                raise RedshiftError("42703", f'column "{name}" of relation "{copy.table[1]}" does '
                                    "not exist")
            if by_name[name].identity == "a" and not copy.explicit_ids:
                raise RedshiftError("0A000", f"cannot set an identity column to a value: {name}")
        chosen = [by_name[name] for name in copy.columns] if copy.columns else [
            column for column in known if not column.identity or copy.explicit_ids]
        for column in known:
            if column not in chosen and column.not_null and not (column.default or column.identity):
                raise RedshiftError("42601", "NOT NULL column without DEFAULT must be included in "
                                    "column list")
        return chosen

    def _fill(self, load: Load, table: str) -> None:
        if load.copy.noload:
            load.run(lambda row: None)
            return
        names = ", ".join('"' + column.name.replace('"', '""') + '"' for column in load.columns)
        try:
            with self._backend.cursor() as cursor, cursor.copy(
                    f"COPY {table} ({names}) FROM STDIN") as rows:
                load.run(rows.write_row)
            # Redshift does it for empty tables; here nothing else tells the planner.
            self._pg(f"ANALYZE {table}")
        except psycopg.Error as error:
            if self._cancelled.is_set():
                raise RedshiftError("57014", self._cancel_words()) from error
            raise RedshiftError(error.sqlstate or "XX000", str(error)) from error

    def _on_file(self, fault: Fault | None, at: int, of: int) -> None:
        self._check_cancelled()
        if fault and fault.when == "in_copy" and at == of // 2:
            self._strike(fault, "in_copy")

    def _checker(self):
        found = self._pg("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'")
        limit = int(found.get_value(0, 0)) / 1000
        end = time.monotonic() + limit

        def check() -> None:
            self._check_cancelled()
            if limit and time.monotonic() > end:
                raise RedshiftError("57014", self._cancel_words())
        return check

    def _in_our_words(self, message: str) -> str:
        return message.replace("stl_load_errors", "sys_load_error_detail"
                               ) if self._server.serverless else message

    def _tell(self, load: Load) -> None:
        begin = f"Load into table '{load.copy.table[1]}' completed, "
        self._wire.notice("INFO", f"{begin}{load.rows} record(s) loaded successfully.")
        if load.rejects:
            self._wire.notice("INFO", self._in_our_words(
                f"{begin}{len(load.rejects)} record(s) could not be loaded.  Check "
                "'stl_load_errors' system table for details."))

    def _show_progress(self, load: Load, query: int) -> None:
        """STV_LOAD_STATE has a row for each slice."""
        rows = []
        slices = self._server.slices
        now = _shown(datetime.now(timezone.utc))
        for at in range(min(slices, len(load.urls))):
            files = load.files[at::slices]
            mine = len(load.urls[at::slices])
            size = sum(file.size for file in files)
            rows.append({
                "userid": 100, "session": self.pid, "query": query, "slice": at, "pid": self.pid,
                "recordtime": now, "bytes_to_load": size, "bytes_loaded": size,
                "bytes_to_load_compressed": 0, "bytes_loaded_compressed": 0,
                "lines": sum(file.lines for file in files), "num_files": mine,
                "num_files_complete": len(files), "current_file": load.files[-1].url,
                "pct_complete": 100 * len(files) // mine})
        self._server.log.put("stv_load_state", query, rows)

    def _commit_name(self, url: str) -> str:
        if not self._server.commits_show_keys_only:
            return url
        return url.removeprefix("s3://").partition("/")[2]

    def _log_load(self, load: Load, query: int, table: str, done: bool) -> None:
        log, slices = self._server.log, self._server.slices
        start, now = _shown(load.started), _shown(datetime.now(timezone.utc))
        log.put("stv_load_state", query, [])
        numbers = {url: at for at, url in enumerate(load.urls)}
        log.add("stl_load_errors", [{
            "userid": 100, "slice": numbers[reject.url] % slices, "tbl": 100100,
            "starttime": start, "session": self.pid, "query": query, "filename": reject.url[:256],
            "line_number": reject.line, "colname": reject.column.name if reject.column else "",
            "type": reject.column.kind if reject.column else "",
            "col_length": reject.column.shown_length if reject.column else "",
            "position": reject.error.position, "raw_line": _dots(reject.raw_line),
            "raw_field_value": _storable(reject.raw_value), "err_code": reject.error.code,
            "err_reason": _storable(reject.error.reason)[:100], "is_partial": 0,
            "start_offset": 0} for reject in load.rejects])
        log.add("sys_load_error_detail", [{
            "user_id": 100, "query_id": query, "transaction_id": query, "session_id": self.pid,
            "database_name": self._server.database, "table_id": 100100, "start_time": start,
            "file_name": reject.url[:256], "line_number": reject.line,
            "column_name": reject.column.name if reject.column else "",
            "column_type": reject.column.kind if reject.column else "",
            "column_length": reject.column.shown_length if reject.column else "",
            "position": reject.error.position, "error_code": reject.error.code,
            "error_message": _storable(reject.error.reason)} for reject in load.rejects])
        log.add("stl_load_commits", [{
            "userid": 100, "query": query, "slice": at % slices, "name": "",
            "filename": self._commit_name(file.url)[:256], "byte_offset": 0, "lines_scanned": file.lines,
            "errors": file.errors, "curtime": now, "status": 1 if done else 0,
            "file_format": "json", "is_partial": 0, "start_offset": 0, "copy_job_id": 0}
            for at, file in enumerate(load.files)])
        log.add("sys_load_detail", [{
            "user_id": 100, "query_id": query, "file_name": file.url[:256],
            "bytes_scanned": file.size, "lines_scanned": file.lines, "record_time": now,
            "splits_scanned": 0, "start_time": start, "end_time": now, "file_etag": "",
            "file_last_modified": None} for file in load.files])
        size = sum(file.size for file in load.files)
        log.add("sys_load_history", [{
            "user_id": 100, "query_id": query, "transaction_id": query, "session_id": self.pid,
            "database_name": self._server.database, "status": "completed" if done else "aborted",
            "table_name": table.replace('"', "").rpartition(".")[2], "start_time": start,
            "end_time": now, "duration": 0, "data_source": load.copy.source,
            "file_format": "json", "loaded_rows": load.rows if done else 0, "loaded_bytes": size,
            "source_file_count": len(load.urls), "source_file_bytes": size,
            "file_count_scanned": len(load.files), "file_bytes_scanned": size,
            "error_count": len(load.rejects), "copy_job_id": 0}])


def _startup_settings(given: dict[str, str]) -> dict[str, str]:
    """What the packet sets; throws RedshiftError for what Redshift does not know."""
    settings = {name: value for name, value in given.items() if name not in _STARTUP}
    options = re.sub(r"-c\s+", "-c", given.get("options", ""))
    for option in options.split():
        name, equals, value = option.removeprefix("-c").removeprefix("--").partition("=")
        if not option.startswith("-") or not equals:
            raise RedshiftError("42601", f"invalid command-line arguments: {option}")
        settings[name] = value
    for name, value in settings.items():
        check_setting(name, value)
    return {name: value.replace("\\", "\\\\").replace("'", "''")
            for name, value in settings.items()}


def _md5(password: str, user: str, salt: bytes) -> str:
    inner = hashlib.md5((password + user).encode()).hexdigest()
    return "md5" + hashlib.md5(inner.encode() + salt).hexdigest()


def _shown(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ")


def _dots(text: str) -> str:
    """As STL_LOAD_ERRORS.raw_line shows it: a dot for each character of several bytes."""
    return re.sub(r"[^\x01-\x7f]", ".", text)[:1024]


def _storable(text: str) -> str:
    """What a jsonb text of PostgreSQL can hold."""
    return re.sub("[\0\ud800-\udfff]", "?", text).encode()[:1024].decode("utf-8", "ignore")


def _column(row: list[str]) -> Column:
    name, kind, modifier, not_null, identity, default = row
    kind = {"bpchar": "char"}.get(kind, kind)
    length: tuple[int, ...] = ()
    if kind in ("varchar", "char"):
        length = (int(modifier) - 4,)
    elif kind == "numeric":
        packed = int(modifier) - 4
        length = (packed >> 16, packed & 0xffff)
    return Column(name, kind, length, not_null == "t", identity, default == "t")
