"""create_tables and etl with ENGINE=redshift, against the stand-in and moto's S3."""

import shutil
import tempfile
from pathlib import Path

import pytest

from support.postgres_fixture import postgres  # noqa: F401
from support.programs import Programs
from support.redshift_fixture import authority, make_redshift, moto, shared_redshift  # noqa: F401
from support.redshift_warehouse import RedshiftWarehouse
from support.sparkify import expected_star, write_sparkify

pytestmark = [pytest.mark.db, pytest.mark.aws]


@pytest.fixture
def make_dwh(bin_dir, moto, authority):  # noqa: F811
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
        dwh.redshift.reset()
        dwh.close()


@pytest.fixture
def dwh(make_dwh, shared_redshift):  # noqa: F811
    """With empty tables; what the stand-in was asked so far is forgotten."""
    warehouse = make_dwh(shared_redshift)
    warehouse.create_tables()
    shared_redshift.reset()
    return warehouse


def test_create_tables(make_dwh, shared_redshift):  # noqa: F811
    dwh = make_dwh(shared_redshift)
    done = dwh.create_tables()
    assert "Created tables: [stage.staging_events" in done.err
    done = dwh.create_tables("--if-missing")
    assert "All tables exist already." in done.err
    done = dwh.create_tables("--force")
    assert "Dropped tables: [stage.staging_events" in done.err
    assert all(login.accepted and login.tls for login in shared_redshift.logins)


def test_etl_without_staging(dwh):
    done = dwh.etl()
    assert dwh.star() == expected_star(dwh.source)
    assert dwh.runs() == [("published",)]
    assert len(dwh.ledger()) == len(list(dwh.source.rglob("*.json")))
    before = dwh.ledger()
    dwh.redshift.statements.clear()
    done = dwh.etl()
    assert "Nothing is new" in done.err
    assert dwh.ledger() == before
    assert not [text for text in dwh.redshift.texts() if text.startswith(("COPY", "INSERT"))]
