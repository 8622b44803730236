"""Fixtures for tests that run the project's programs."""

import os
import pwd
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.programs import LocalWarehouse, Programs  # noqa: E402


@pytest.fixture(scope="session")
def bin_dir() -> Path:
    """The folder of the programs under test."""
    folder = os.environ.get("DWH_BIN_DIR")
    if not folder:
        pytest.exit("DWH_BIN_DIR is not set: give the folder that holds the built programs",
                    returncode=2)
    if not (Path(folder) / "manage_dwh").is_file():
        pytest.exit(f"there is no manage_dwh in DWH_BIN_DIR={folder}: build it first", returncode=2)
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def run(bin_dir):
    """run(program, *args, cfg=FILE, check=STATUS): status, out and err of a finished program."""
    return Programs(bin_dir).run


@pytest.fixture
def open_tmp():
    """A temporary folder that every account can enter; pytest's own shut out all others."""
    folder = Path(tempfile.mkdtemp(prefix="dwh-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_warehouse(bin_dir, open_tmp):
    """make_warehouse(account=None, data_dir=None): a LocalWarehouse, gone when the test is over."""
    made: list[LocalWarehouse] = []

    def make(account: str | None = None, data_dir: Path | None = None) -> LocalWarehouse:
        folder = open_tmp / f"w{len(made)}"
        folder.mkdir(mode=0o755)
        programs = Programs(bin_dir)
        if account:
            # The build may lie where that account cannot go.
            programs = Programs(folder / "bin", account)
            programs.folder.mkdir()
            shutil.copy(bin_dir / "manage_dwh", programs.folder)
            entry = pwd.getpwnam(account)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        made.append(LocalWarehouse(programs, folder, data_dir))
        return made[-1]

    yield make
    for warehouse in made:
        warehouse.remove()


@pytest.fixture
def warehouse(make_warehouse) -> LocalWarehouse:
    """A local warehouse that nothing was created of yet, run by the caller."""
    return make_warehouse()


@pytest.fixture
def local_cfg(warehouse) -> Path:
    """A dwh.cfg with ENGINE=local and a DATA_DIR of its own; nothing is created yet."""
    return warehouse.cfg
