"""The fixtures `make_dwh` and `redshift_dwh`, with those of redshift_fixture and `postgres` beside."""

import tempfile
from pathlib import Path

import pytest

from support.programs import Programs
from support.redshift_warehouse import RedshiftWarehouse
from support.sparkify import write_sparkify


@pytest.fixture
def make_dwh(bin_dir, moto, authority):
    """make_dwh(stand_in): a RedshiftWarehouse with a source on S3; no tables yet."""
    made = []

    def make(redshift) -> RedshiftWarehouse:
        redshift.reset()
        redshift.sql("DROP SCHEMA IF EXISTS stage, star CASCADE")
        folder = Path(tempfile.mkdtemp(prefix="dwh-e2e-", dir="/tmp"))
        made.append(RedshiftWarehouse(Programs(bin_dir), folder, redshift, moto, authority))
        write_sparkify(made[-1].source)
        made[-1].upload()
        return made[-1]

    yield make
    for dwh in made:
        unread = dwh.redshift.unread()
        dwh.redshift.reset()
        dwh.close()
        assert unread == []  # all that the programs send is Redshift's SQL


@pytest.fixture
def redshift_dwh(make_dwh, shared_redshift):
    """With empty tables; what the stand-in was asked so far is forgotten."""
    warehouse = make_dwh(shared_redshift)
    warehouse.create_tables()
    shared_redshift.reset()
    return warehouse
