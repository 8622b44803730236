"""Fixtures for the tests that load data from end to end."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from support.etl_warehouse import EtlWarehouse
from support.programs import Programs
from support.sparkify import write_sparkify

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def make_loaded(bin_dir):
    """make_loaded(): an EtlWarehouse with server, tables and a small source; nothing is loaded."""
    made: list[EtlWarehouse] = []

    def make(with_source: bool = True) -> EtlWarehouse:
        folder = Path(tempfile.mkdtemp(prefix="dwh-e2e-", dir="/tmp"))
        folder.chmod(0o755)
        made.append(EtlWarehouse(Programs(bin_dir), folder))
        if with_source:
            write_sparkify(made[-1].source)
        return made[-1].create()

    yield make
    for warehouse in made:
        warehouse.remove()


@pytest.fixture(scope="module")
def shared(make_loaded) -> EtlWarehouse:
    """One warehouse for a module."""
    return make_loaded()


@pytest.fixture(scope="module")
def first_cfg(shared) -> bytes:
    return shared.cfg.read_bytes()


@pytest.fixture
def dwh(shared, first_cfg) -> EtlWarehouse:
    """The module's warehouse, running, its tables empty and its source and dwh.cfg as at first."""
    shared.cfg.write_bytes(first_cfg)
    for folder in (shared.source, shared.results):
        shutil.rmtree(folder)
    shared.results.mkdir()
    write_sparkify(shared.source)
    if not shared.processes():
        shared.manage("resume")
    shared.create_tables("--force")
    return shared


@pytest.fixture(scope="module")
def public_data() -> Path:
    """The folder with sparkify/ and sparkify-full/: $DWH_PUBLIC_DATA, or beside the project."""
    folder = Path(os.environ.get("DWH_PUBLIC_DATA") or PROJECT.parent / "shared/data")
    if not (folder / "sparkify/log_data").is_dir():
        pytest.skip(f"the public data are not in {folder}; DWH_PUBLIC_DATA names another place")
    return folder
