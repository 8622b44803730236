"""The questions of sql/report, asked of the Redshift stand-in: answers as the local engine's."""

import json

import pytest

from support.postgres_fixture import postgres  # noqa: F401
from support.redshift_dwh_fixture import make_dwh, redshift_dwh  # noqa: F401
from support.redshift_fixture import authority, make_redshift, moto, shared_redshift  # noqa: F401

pytestmark = [pytest.mark.db, pytest.mark.aws]


def answers(warehouse, *args) -> dict[str, list]:
    done = warehouse.programs.run("report", *args, "--format", "json", cfg=warehouse.cfg)
    return json.loads(done.out)


def test_the_same_answers_as_the_local_engine(redshift_dwh, make_loaded):  # noqa: F811
    local = make_loaded()
    local.etl()
    redshift_dwh.etl()
    listed = answers(local, "--list")["questions"]
    names = [question["name"] for question in listed if question["name"] != "loads"]
    assert answers(redshift_dwh, *names) == answers(local, *names)
    assert len(answers(redshift_dwh, "loads")["loads"]) == 1
