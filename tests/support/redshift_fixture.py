"""The fixture `redshift`, for a conftest.py or a test file to import, with `postgres` beside it."""

import pytest

from support.moto import Moto
from support.redshift_server import RedshiftStandIn
from support.redshift_tls import TestAuthority

USER, PASSWORD, DATABASE = "dwhuser", "Passw0rd!;#x", "dwh"
BUCKET = "stand-in-data"
ROLE = "arn:aws:iam::123456789012:role/dwhRole"


@pytest.fixture(scope="session")
def moto():
    """An AWS with the bucket BUCKET; clear_bucket() empties it."""
    server = Moto()
    server.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": server.region})
    yield server
    server.stop()


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def make_redshift(postgres, moto, authority):
    """make_redshift(**options): a RedshiftStandIn that reads moto's S3 and speaks TLS."""
    made = []

    def make(**options) -> RedshiftStandIn:
        known = {"users": {USER: PASSWORD}, "database": DATABASE, "s3_endpoint": moto.url,
                 "roles": {ROLE: moto.admin}, "region": moto.region, "tls": authority.context}
        made.append(RedshiftStandIn(postgres, **(known | options)))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture(scope="session")
def shared_redshift(make_redshift) -> RedshiftStandIn:
    return make_redshift()


@pytest.fixture
def redshift(shared_redshift) -> RedshiftStandIn:
    """One for the whole run, with nothing remembered of the tests before but their tables."""
    shared_redshift.reset()
    return shared_redshift
