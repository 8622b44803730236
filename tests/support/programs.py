"""The project's programs, run as a person runs them."""

import configparser
import contextlib
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Finished:
    """How a program ended and what it wrote."""

    status: int
    out: str
    err: str


class Programs:
    """The executables of one folder, run as the caller or, started as root, as an account."""

    def __init__(self, folder: Path, account: str | None = None):
        self.folder = folder
        self.account = account

    def command(self, program: str, *args, cfg: Path | None = None) -> list[str]:
        argv = [str(self.folder / program), *map(str, args)]
        if cfg is not None:
            argv += ["--config", str(cfg)]
        if self.account:
            entry = pwd.getpwnam(self.account)
            argv = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
                    "--clear-groups", *argv]
        return argv

    def run(self, program: str, *args, cfg: Path | None = None, check: int | None = 0,
            timeout: float = 300, **kwargs) -> Finished:
        """Runs to the end; `check` is the exit status that must come out, None for any."""
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(self.command(program, *args, cfg=cfg), capture_output=True, text=True,
                              timeout=timeout, **kwargs)
        finished = Finished(done.returncode, done.stdout, done.stderr)
        assert check is None or finished.status == check, finished
        return finished

    def start(self, program: str, *args, cfg: Path | None = None, **kwargs) -> subprocess.Popen:
        """Starts it and returns at once. The caller waits for it."""
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(self.command(program, *args, cfg=cfg), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)


class LocalWarehouse:
    """A dwh.cfg with ENGINE=local in a folder of its own, and what stands behind it."""

    def __init__(self, programs: Programs, folder: Path, data_dir: Path | None = None):
        self.programs = programs
        self.folder = folder
        self.cfg = folder / "dwh.cfg"
        self.data_dir = data_dir or folder / "warehouse"
        self.write_cfg()

    def write_cfg(self, local: str = "", cluster: str = "") -> None:
        """Writes dwh.cfg anew, with more lines for two of its sections."""
        self.cfg.write_text(f"[DWH]\nENGINE=local\n\n[CLUSTER]\n{cluster}\n"
                            f"[LOCAL]\nDATA_DIR={self.data_dir}\n{local}\n")
        self.cfg.chmod(0o600)
        self._give(self.cfg)

    def _give(self, path: Path) -> None:
        if self.programs.account:
            entry = pwd.getpwnam(self.programs.account)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def set(self, section: str, key: str, value: str | None) -> None:
        """Changes one key of dwh.cfg, as a person with an editor does; None removes it."""
        parser = self._parse()
        if value is None:
            parser.remove_option(section, key)
        else:
            parser.set(section, key, value)
        with open(self.cfg, "w", encoding="utf-8") as file:
            parser.write(file)

    def _parse(self) -> configparser.ConfigParser:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(self.cfg, encoding="utf-8")
        return parser

    def get(self, section: str, key: str) -> str:
        return self._parse().get(section, key, fallback="")

    def manage(self, *args, **kwargs) -> Finished:
        return self.programs.run("manage_dwh", *args, cfg=self.cfg, **kwargs)

    def status(self) -> dict:
        return json.loads(self.manage("status", "--format", "json").out)

    def psql_env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PGPASSWORD": self.get("CLUSTER", "DB_PASSWORD")}

    def psql_command(self, sql: str) -> list[str]:
        known = self.status()
        return ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", known["host"],
                "-p", str(known["port"]), "-U", known["user"], "-d", known["database"], "-c", sql]

    def sql(self, sql: str) -> str:
        """Runs SQL in the warehouse with psql and returns its output."""
        done = subprocess.run(self.psql_command(sql), env=self.psql_env(), capture_output=True,
                              text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def postmaster(self) -> int:
        """The server's process id by its own word."""
        return int((self.data_dir / "pgdata/postmaster.pid").read_text().splitlines()[0])

    def processes(self) -> list[int]:
        """All of PostgreSQL's processes at work in this folder."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                place = os.readlink(entry / "cwd")
                name = (entry / "comm").read_text().strip()
            except OSError:
                continue
            real = os.path.realpath(self.data_dir)
            if entry.name.isdigit() and name in ("postgres", "initdb", "pg_ctl") and (
                    place.removesuffix(" (deleted)") in (real, f"{real}/pgdata")):
                found.append(int(entry.name))
        return found

    def send_signal(self, sign: int) -> None:
        """To all of PostgreSQL's processes; any may end by itself meanwhile."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)

    def remove(self) -> None:
        """Leaves nothing, whatever the test did."""
        self.manage("delete", "--yes", check=None)
        self.send_signal(signal.SIGKILL)
        shutil.rmtree(self.data_dir, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)
