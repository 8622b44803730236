"""A Redshift of our own: PostgreSQL's protocol in front of a real PostgreSQL.

It speaks as a cluster does (or, with serverless=True, as a workgroup), takes Redshift's SQL,
refuses what Redshift refuses, and does COPY from S3 by itself. It knows nothing of the project's
C++. What it was asked is in `statements` and `logins`, its bad luck in `faults`.
"""

import itertools
import socket
import ssl
import threading
from pathlib import Path

import boto3
import botocore.config
import psycopg

from support.redshift_copy import FETCHERS, Bucket, error_detail
from support.redshift_error import RedshiftError
from support.redshift_faults import Faults, LoginTry, Received
from support.redshift_session import Session
from support.redshift_sql import read_by_sqlglot
from support.redshift_views import LoadLog

_SETUP = (Path(__file__).parent / "redshift_setup.sql").read_text(encoding="utf-8")
_numbers = itertools.count(1)


class RedshiftStandIn:
    """Listens on 127.0.0.1:`port` until close().

    `users` are names and passwords; add_credentials() adds temporary ones. `roles` are the ARNs
    that COPY may name, each with the key (id, secret, token) that it reads S3 at `s3_endpoint`
    with. `tls` is the context of a TestAuthority; without it every SSLRequest is answered with no.
    """

    slices = 2

    def __init__(self, postgres, *, users: dict[str, str], database: str = "dwh",
                 s3_endpoint: str = "", roles: dict | None = None, region: str = "us-west-2",
                 tls: ssl.SSLContext | None = None, require_tls: bool = False,
                 serverless: bool = False):
        self.database = database
        self.region = region
        self.tls = tls
        self.require_tls = require_tls
        self.serverless = serverless
        self.commits_show_keys_only = False  # As in AWS's example of stl_load_commits.
        self.roles = dict(roles or {})
        self.sha256_users: set[str] = set()
        self.faults = Faults()
        self.log = LoadLog(self.slices)
        self.statements: list[Received] = []
        self.logins: list[LoginTry] = []
        self._passwords = {user: [password] for user, password in users.items()}
        self._s3_endpoint = s3_endpoint
        self._clients: dict = {}
        self._lock = threading.Lock()
        self._query = 100
        self._sessions: dict[Session, threading.Thread] = {}
        self._name = f"redshift_{next(_numbers)}"
        self._house = psycopg.connect(postgres.conninfo, autocommit=True)
        self._house.execute(f"CREATE DATABASE {self._name}")
        self.backend_conninfo = psycopg.conninfo.make_conninfo(postgres.conninfo,
                                                               dbname=self._name)
        with psycopg.connect(self.backend_conninfo, autocommit=True) as backend:
            backend.execute(_SETUP)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        # Wakes accept(), which close() alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(30)
        self._listener.close()
        self.faults.clear()
        with self._lock:
            sessions = dict(self._sessions)
        for session in sessions:
            session.close()
        for thread in sessions.values():
            thread.join(30)
            assert not thread.is_alive(), "a session does not end"
        self._house.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._house.close()

    # ---- For tests

    def add_credentials(self, user: str, password: str) -> None:
        """One more password that a user may come with, as GetClusterCredentials gives them."""
        self._passwords.setdefault(user, []).append(password)

    def revoke_credentials(self, user: str) -> None:
        """As if their time were over."""
        self._passwords.pop(user, None)

    def sql(self, sql: str) -> list[tuple]:
        """Asks the backend directly, in PostgreSQL's SQL; what is committed."""
        with psycopg.connect(self.backend_conninfo, autocommit=True) as backend:
            cursor = backend.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def texts(self) -> list[str]:
        """Every statement so far, each on one line."""
        return [statement.words for statement in list(self.statements)]

    def unread(self) -> list[str]:
        """Of the statements so far, those that sqlglot does not read as Redshift's. It has no
        grammar for some, such as LOCK, which only the stand-in has read then."""
        return [one.words for one in list(self.statements) if not read_by_sqlglot(one.text)]

    def reset(self) -> None:
        """Forgets faults, records and load views; the tables stay."""
        self.faults.clear()
        self.statements.clear()
        self.logins.clear()
        self.log = LoadLog(self.slices)
        self.commits_show_keys_only = False

    @property
    def open_sessions(self) -> int:
        with self._lock:
            return sum(thread.is_alive() for thread in self._sessions.values())

    # ---- For sessions

    def passwords_of(self, user: str) -> list[str]:
        return self._passwords.get(user, [])

    def note_login(self, user: str, database: str, tls: bool, accepted: bool, given: dict) -> None:
        self.logins.append(LoginTry(user, database, tls, accepted, given))

    def received(self, statement: Received) -> Received:
        self.statements.append(statement)
        return statement

    def next_query(self) -> int:
        with self._lock:
            self._query += 1
            return self._query

    def query_id(self) -> int:
        return self._query

    def bucket(self, role: str, region: str) -> Bucket:
        """S3 as the role sees it."""
        if role == "default" and len(self.roles) == 1:
            role = next(iter(self.roles))
        if role not in self.roles:
            message = (f"User arn:aws:redshift:{self.region}:123456789012:dbuser:stand-in/dwh is "
                       f"not authorized to assume IAM Role {role}")
            raise RedshiftError("XX000", message, error_detail(8001, message))
        key, region = self.roles[role], region or self.region
        with self._lock:
            if (key, region) not in self._clients:
                self._clients[key, region] = boto3.session.Session().client(
                    "s3", region_name=region, endpoint_url=self._s3_endpoint or None,
                    aws_access_key_id=key.id, aws_secret_access_key=key.secret,
                    aws_session_token=key.token or None,
                    config=botocore.config.Config(max_pool_connections=FETCHERS,
                                                  retries={"max_attempts": 2}))
            return Bucket(self._clients[key, region], region, key)

    def cancel_session(self, pid: int, key: int) -> None:
        with self._lock:
            found = [s for s in self._sessions if s.pid == pid and s.key == key]
        for session in found:
            session.cancel()

    # ---- Connections

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, sock)
            thread = threading.Thread(target=session.run, daemon=True)
            with self._lock:
                self._sessions = {s: t for s, t in self._sessions.items() if t.is_alive()}
                self._sessions[session] = thread
                thread.start()
