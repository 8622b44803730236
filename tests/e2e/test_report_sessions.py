"""report asks several questions at once, in sessions that all see one state of the warehouse."""

import json
import os
import signal

import pytest

from support.etl_warehouse import RunningEtl, wait_until

pytestmark = [pytest.mark.db, pytest.mark.sanitize, pytest.mark.threads]

SESSIONS = min(2, os.cpu_count())


@pytest.fixture(name="held")
def hold_two_tables(dwh):
    """Two transactions that each keep a table to themselves: star.users, stage.etl_objects."""
    dwh.etl()
    with dwh.session() as users, dwh.session() as objects:
        users.sql("BEGIN; LOCK TABLE star.users")
        objects.sql("BEGIN; LOCK TABLE stage.etl_objects")
        yield dwh, users, objects


@pytest.fixture(name="start")
def start_report(held, tmp_path):
    """start(first, second): a report of two questions, in a thread of their own each if it can."""
    dwh, _, _ = held

    def start(*questions: str) -> RunningEtl:
        for name, sql in zip(("first", "second"), questions, strict=True):
            (tmp_path / f"{name}.sql").write_text(sql)
        return RunningEtl(dwh.programs.start(
            "report", "first", "second", "--sql-dir", tmp_path, "--format", "json", cfg=dwh.cfg))

    return start


def waiting(dwh) -> int:
    return int(dwh.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'report'"
                       " AND wait_event_type = 'Lock'"))


def test_all_answers_are_of_one_state_and_have_the_same_time(held, start):
    dwh, users, objects = held
    plays = int(dwh.sql("SELECT count(*) FROM star.songplays"))
    assert plays > 0
    # The latest day is asked first and alone, here for as long as songplays is held.
    users.sql("ROLLBACK; BEGIN; LOCK TABLE star.songplays")
    question = """SELECT p.plays, COUNT(o.table_name) AS objects,
                         (SELECT setting FROM pg_settings
                          WHERE name = 'statement_timeout') AS patience
                  FROM (SELECT COUNT(*) AS plays FROM star.songplays
                        WHERE start_time < CAST(:'latest_day' AS DATE) + 1) p
                  LEFT JOIN stage.etl_objects o ON TRUE GROUP BY p.plays"""
    with start(question, question) as running:
        wait_until(lambda: waiting(dwh) == 1, "the first session before songplays")
        users.sql("DELETE FROM star.songplays; COMMIT")
        wait_until(lambda: waiting(dwh) == SESSIONS, "each session before etl_objects")
        objects.sql("ROLLBACK")
        assert running.finish() == 0, running.err
    answers = json.loads(running.out)
    for name in ("first", "second"):
        assert answers[name][0]["plays"] == plays
        assert answers[name][0]["patience"] == "600000", "ms: what --timeout is unless told otherwise"


def test_the_first_failure_ends_all(held, start):
    dwh, users, _ = held
    with start("SELECT 1 / (COUNT(*) - COUNT(*)) AS nothing FROM star.users",
               "SELECT COUNT(*) AS objects FROM stage.etl_objects") as running:
        wait_until(lambda: waiting(dwh) == SESSIONS, "each session before its table")
        users.sql("ROLLBACK")
        # etl_objects stays locked.
        assert running.finish() == 1
    assert "question first: " in running.err and "division by zero" in running.err
    assert running.out == ""


def test_an_interrupt_ends_all(held, start):
    dwh, _, _ = held
    with start("SELECT COUNT(*) AS users FROM star.users",
               "SELECT COUNT(*) AS objects FROM stage.etl_objects") as running:
        wait_until(lambda: waiting(dwh) == SESSIONS, "each session before its table")
        running.kill(signal.SIGINT)
        assert running.finish() == 130
    wait_until(lambda: waiting(dwh) == 0, "the end of the questions")
