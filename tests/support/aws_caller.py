"""A dwh.cfg that leads to an AWS of our own, and manage_dwh beside it."""

from pathlib import Path

from support.aws_front import AwsFront
from support.programs import Finished, Programs


class AwsCaller:
    """`program` is manage_dwh, or the one whose waits take no time. `env` is all that it knows of
    the machine."""

    program = "manage_dwh"

    def __init__(self, programs: Programs, front: AwsFront, folder: Path):
        self.programs = programs
        self.front = front
        self.folder = folder
        self.cfg = folder / "dwh.cfg"
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}

    def write(self, text: str) -> None:
        self.cfg.write_text(text)
        self.cfg.chmod(0o600)

    def manage(self, *args, check: int | None = 0, cfg: Path | None = None) -> Finished:
        process = self.programs.start(self.program, *args, cfg=cfg or self.cfg, env=self.env)
        self.front.watch(process.pid)
        out, err = process.communicate(timeout=120)
        finished = Finished(process.returncode, out, err)
        assert check is None or finished.status == check, finished
        return finished

    def get(self, key: str) -> str:
        """A key of dwh.cfg, wherever it stands; "" if it does not."""
        lines = [line.partition("=") for line in self.cfg.read_text().splitlines()]
        return next((value for name, _, value in lines if name == key), "")

    def set(self, key: str, value: str) -> None:
        lines = self.cfg.read_text().splitlines()
        assert any(line.startswith(key + "=") for line in lines)
        self.write("".join(f"{key}={value}\n" if line.startswith(key + "=") else line + "\n"
                           for line in lines))
