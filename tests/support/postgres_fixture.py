"""The fixture `postgres`, for conftest.py or a test file to import."""

import pytest

from support.postgres import TemporaryPostgres


@pytest.fixture(scope="session")
def postgres():
    """A TemporaryPostgres, one for the whole run."""
    with TemporaryPostgres() as server:
        yield server
