"""A private PostgreSQL for tests that ask it what SQL means."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path


class TemporaryPostgres:
    """A server of its own in a folder under /tmp, gone with the `with` block.

    It listens on a socket in that folder only, trusts whoever can enter it, and works in UTC.
    PostgreSQL refuses to run as root; then it runs as the account `postgres`.
    """

    def __init__(self):
        self._bin = Path(subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True,
                                        text=True).stdout.strip())
        self.folder = Path(tempfile.mkdtemp(prefix="dwh-pg-", dir="/tmp"))
        self._account = []
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self._account = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
                             "--clear-groups"]

    @property
    def conninfo(self) -> str:
        return f"host={self.folder} dbname=postgres user=postgres"

    def __enter__(self) -> "TemporaryPostgres":
        try:
            # Nothing here outlives a crash of the machine, so nothing waits for the disk.
            self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                      "--no-sync", "--locale=C.UTF-8")
            self._run("pg_ctl", "-D", self._data, "-w", "-l", self.folder / "log", "-o",
                      f"-k {self.folder} -c listen_addresses= -c fsync=off -c timezone=UTC", "start")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_):
        self._remove()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *args, check: bool = True):
        # pg_ctl's server inherits its outputs: with a pipe the call would wait for its end.
        with open(self.folder / "out", "w+", encoding="utf-8") as out:
            done = subprocess.run([*self._account, str(self._bin / program), *map(str, args)],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False,
                                  cwd=self.folder)
            out.seek(0)
            if check and done.returncode != 0:
                raise RuntimeError(f"{program} failed: {out.read()}")

    def _remove(self):
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
