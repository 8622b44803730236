"""Archives of data."""

import subprocess
from pathlib import Path


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a .tar.gz, as the files of whoever calls. (The tarfile of Debian 12's Python 3.11.2
    knows no filter yet, and later ones warn where there is none.)"""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-xzf", archive, "-C", folder, "--no-same-owner"], check=True)
