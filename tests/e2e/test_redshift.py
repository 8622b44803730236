"""create_tables and etl with ENGINE=redshift, against the stand-in and moto's S3."""

import json
import os
import re
import signal
from pathlib import Path

import psycopg
import pytest

from support.aws_front import AwsFront, passed_on
from support.etl_warehouse import wait_until
from support.postgres_fixture import postgres  # noqa: F401
from support.redshift_dwh_fixture import make_dwh, redshift_dwh as dwh  # noqa: F401
from support.redshift_fixture import (  # noqa: F401
    BUCKET, ROLE, USER, authority, make_redshift, moto, shared_redshift)
from support.redshift_tls import TestAuthority
from support.sparkify import play, song_file, write_json
from support.versions import STARS, expected_star

pytestmark = [pytest.mark.db, pytest.mark.aws]


def test_create_tables(make_dwh, shared_redshift):  # noqa: F811
    dwh = make_dwh(shared_redshift)
    done = dwh.create_tables()
    assert "Created tables: [stage.staging_events" in done.err
    done = dwh.create_tables("--if-missing")
    assert "All tables exist already." in done.err
    done = dwh.create_tables("--force")
    assert "Dropped tables: [stage.staging_events" in done.err
    assert all(login.accepted and login.tls for login in shared_redshift.logins)


def copies(dwh) -> list[str]:
    return [text for text in dwh.redshift.texts() if text.startswith("COPY")]


def is_loaded(dwh) -> None:
    """Published once, and what is published is what a right load gives."""
    assert dwh.star() == expected_star(dwh.model, dwh.source)
    assert dwh.runs().count(("published",)) == 1
    files = list(dwh.source.rglob("*.json"))
    assert dwh.redshift.sql("SELECT count(*), count(DISTINCT object_key) FROM stage.etl_objects"
                            ) == [(len(files), len(files))]


def test_etl_without_staging(dwh):
    done = dwh.etl()
    is_loaded(dwh)
    # The prefixes as dwh.cfg names them: the listing showed nothing else there.
    events, songs = copies(dwh)
    assert f"FROM '{dwh.place}/data/log_data/'" in events and "MANIFEST" not in events
    assert f"FROM '{dwh.place}/data/song_data/'" in songs and "MANIFEST" not in songs
    assert events.endswith("REGION 'us-west-2'")
    before = dwh.ledger()
    dwh.redshift.statements.clear()
    done = dwh.etl()
    assert "Nothing is new" in done.err
    assert dwh.ledger() == before
    assert not [text for text in dwh.redshift.texts() if text.startswith(("COPY", "INSERT"))]


def test_load_commits_may_show_keys_without_their_bucket(dwh):
    dwh.redshift.commits_show_keys_only = True
    dwh.etl()
    assert dwh.star() == expected_star(dwh.model, dwh.source)
    assert all(records > 0 for _, _, _, _, records, _, _ in dwh.ledger())


def test_etl_with_staging(dwh):
    dwh.set("S3", "STAGING", f"{dwh.place}/staging/")
    dwh.set("S3", "LOG_JSONPATH", None)  # the file beside the programs goes to STAGING
    held = dwh.redshift.faults.hold("^COPY.*staging_events", "before")
    with dwh.start_etl() as etl:
        assert held.reached.wait(60)
        staged = dwh.keys("staging/")
        assert sorted(key.rsplit("/", 1)[1] for key in staged) == [
            "log_json_path.json", "staging_events.manifest"]
        manifest = next(key for key in staged if key.endswith(".manifest"))
        body = json.load(dwh.s3.get_object(Bucket=BUCKET, Key=manifest)["Body"])
        assert [entry["url"] for entry in body["entries"]] == [
            f"s3://{BUCKET}/{key}" for key in dwh.keys("data/log_data/")]
        assert all(entry["mandatory"] is True for entry in body["entries"])
        # What arrives now is for the next run.
        dwh.put("data/log_data/2030/late.json", b"{}")
        held.release()
        assert etl.finish() == 0, etl.err
    is_loaded(dwh)
    assert all("MANIFEST" in text for text in copies(dwh))
    assert dwh.keys("staging/") == []


def test_the_load_is_one_transaction_with_named_steps(dwh):
    dwh.etl()
    texts = dwh.redshift.texts()
    labels = [text for text in texts if text.startswith("SET query_group")]
    assert "SET query_group TO 'etl copy staging_events'" in labels
    assert all(len(text.split("'")[1]) <= 30 for text in labels)
    work = texts[texts.index("BEGIN"):]
    assert work[1] == 'LOCK "stage".etl_lock'
    assert work[-1] == "COMMIT" and work.count("COMMIT") == 1
    assert len({statement.session for statement in dwh.redshift.statements}) == 1
    (login,) = dwh.redshift.logins
    assert login.tls and login.parameters["application_name"] == "etl"
    assert "options" not in login.parameters


def test_a_file_of_this_machine_needs_staging(dwh):
    dwh.set("S3", "LOG_JSONPATH", None)
    done = dwh.etl(check=2)
    assert "a file of this machine" in done.err and "STAGING" in done.err
    dwh.set("S3", "LOG_DATA", str(dwh.source / "log_data"))
    done = dwh.etl(check=2)
    assert "Redshift reads s3:// only" in done.err


def test_an_object_that_arrives_in_between_is_noticed(dwh):
    held = dwh.redshift.faults.hold("^COPY.*staging_events", "before")
    with dwh.start_etl() as etl:
        assert held.reached.wait(60)
        dwh.put("data/log_data/2030/late.json", json.dumps(play()).encode())
        held.release()
        assert etl.finish() == 1
    assert "read and not listed" in etl.err and "late.json" in etl.err
    assert dwh.runs() == [("failed",)]
    assert dwh.redshift.sql("SELECT count(*) FROM star.songplays") == [(0,)]


# ---- Rejects

BROKEN = {
    "truncated": json.dumps(play(userId="44"))[:200],
    "page is missing": json.dumps({k: v for k, v in play().items() if k != "page"}),
    "text in an integer": json.dumps(play(userId="x7")),
    "integer overflow": json.dumps(play(status=2**31)),
    "string too long": json.dumps(play(level="x" * 65)),
    "bad time": json.dumps(play(ts="yesterday")),
    "text in a float": json.dumps(play(length="long")),
}


def break_source(source) -> None:
    for name, text in BROKEN.items():
        good = json.dumps(play(userId="44", song=name))
        path = source / f"log_data/broken/{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{good}\n{text}\n{good}\n", encoding="utf-8")


def what_matters(rejects: list[dict]) -> list[tuple]:
    return sorted((Path(one["filename"]).stem, one["line_number"], one["column"], one["err_code"],
                   one["err_reason"], one["col_length"], one["raw_field_value"], one["raw_line"])
                  for one in rejects)


@pytest.fixture(scope="module")
def local_rejects(make_loaded):
    """What the local engine lists of the same files."""
    local = make_loaded()
    break_source(local.source)
    local.etl(check=4)
    text = (local.results / "load_errors_staging_events.json").read_text(encoding="utf-8")
    return what_matters([one | {"column": column} for column, some in json.loads(text).items()
                         for one in some])


@pytest.mark.parametrize("staging", [False, True])
def test_refused_rejects(dwh, local_rejects, staging):
    if staging:
        dwh.set("S3", "STAGING", f"{dwh.place}/staging")
        dwh.set("ETL", "PACK", "off")  # parts would stay for the next run
    dwh.etl()
    before = dwh.star()
    break_source(dwh.source)
    write_json(dwh.source / "song_data/A/A/TRNEW.json", [song_file(990)])
    dwh.upload()
    done = dwh.etl(check=4)
    assert what_matters(dwh.rejects("staging_events")) == local_rejects
    assert f"refused: {len(BROKEN)} records rejected" in done.err
    assert dwh.star() == before
    assert ("column level: at least 1 record with more than 64 bytes, the longest at least 65;"
            ' ALTER TABLE "stage".staging_events ALTER COLUMN level TYPE VARCHAR(128);') in done.err
    assert "INTEGER does not hold; declare it BIGINT." in done.err
    assert dwh.runs() == [("published",), ("rejected",)]
    # The other table was looked at too, and nothing was put into it.
    checks = [text for text in copies(dwh) if "NOLOAD" in text]
    assert {"staging_songs" in text for text in checks} == {False, True}
    assert "staging_songs" in checks[-1] and checks[-1] == copies(dwh)[-1]
    assert dwh.keys("staging/") == []


def test_tolerated_rejects(dwh, local_rejects):
    break_source(dwh.source)
    dwh.upload()
    dwh.set("ETL", "MAX_ERRORS", str(len(BROKEN)))
    dwh.etl(check=4)
    dwh.set("ETL", "MAX_ERRORS", str(len(BROKEN) + 1))
    dwh.etl()
    assert what_matters(dwh.rejects("staging_events")) == local_rejects
    assert dwh.redshift.sql("SELECT count(*) FROM stage.staging_events WHERE user_id = 44") == [
        (2 * len(BROKEN),)]
    assert dwh.redshift.sql(
        "SELECT objects_listed = objects_loaded, records - rows_loaded, rejects FROM stage.etl_runs"
        " WHERE outcome = 'published'") == [(True, len(BROKEN), len(BROKEN))]
    assert dwh.redshift.sql("SELECT count(*) FROM stage.etl_objects WHERE rejects = 1 AND records"
                            " = 3 AND rows_loaded = 2") == [(len(BROKEN),)]


def test_serverless(make_dwh, make_redshift, local_rejects):  # noqa: F811
    dwh = make_dwh(make_redshift(serverless=True))
    dwh.create_tables()
    dwh.etl()
    is_loaded(dwh)
    break_source(dwh.source)
    dwh.upload()
    dwh.etl(check=4)
    # The view has no raw values: they were read from the objects.
    assert what_matters(dwh.rejects("staging_events")) == local_rejects
    assert not [text for text in dwh.redshift.texts() if "stl_" in text or "stv_" in text]


# ---- Bad luck

STATEMENTS = {
    "label": "^SET query_group TO 'etl copy", "begin": "^BEGIN", "lock": "^LOCK",
    "ledger": "SELECT object_key", "empty staging": "^DELETE FROM .stage.*staging_songs",
    "copy": "^COPY.*staging_songs", "copied rows": "pg_last_copy_count",
    "copied files": "stl_load_commits", "errors": "stl_load_errors.*GROUP BY",
    "empty star": "^DELETE FROM .star..songs", "build": "^INSERT INTO .star..songplays",
    "check": "HAVING COUNT", "new ledger": "^INSERT INTO .stage..etl_objects",
    "run": "^INSERT INTO .stage..etl_runs", "commit": "^COMMIT"}


@pytest.mark.slow
@pytest.mark.parametrize("where", STATEMENTS)
def test_bad_luck_at_any_statement_is_made_good(dwh, where):
    dwh.redshift.faults.fail_1023(STATEMENTS[where])
    dwh.redshift.faults.drop(STATEMENTS[where], "before")  # on the next try
    done = dwh.etl()
    is_loaded(dwh)
    assert "1023 (Serializable isolation violation" in done.err
    assert "try 2 of" in done.err and "try 3 of" in done.err
    assert len({statement.session for statement in dwh.redshift.statements}) == 3


def test_connection_lost_in_the_middle_of_a_copy(dwh):
    dwh.redshift.faults.drop("^COPY.*staging_songs", "in_copy")
    dwh.etl()
    is_loaded(dwh)


def test_connection_lost_after_the_commit(dwh):
    dwh.redshift.faults.drop("^COMMIT", "after")
    done = dwh.etl()
    is_loaded(dwh)
    assert "the commit had come through" in done.err
    assert len(copies(dwh)) == 2, "what is published is not loaded again"
    assert "stage.staging_events" in done.out


def test_bad_luck_that_stays_ends(dwh):
    dwh.redshift.faults.fail_1023("^LOCK", times=99)
    done = dwh.etl(check=1)
    assert "1023" in done.err and "try 6 of 6" in done.err
    assert dwh.runs() == [("failed",)]


def test_internal_codes_and_slow_down(dwh):
    dwh.redshift.faults.fail("^COPY", "XX000", "S3ServiceException:Please reduce your request rate."
                             ",Status 503,Error SlowDown,Rid X")
    dwh.redshift.faults.fail("^COPY", "XX000", "Problem reading manifest file",
                             "error: x\n code:      15001\n context:   y", skip=1)
    dwh.etl()
    is_loaded(dwh)


# ---- What no retry mends

def tried_once(dwh) -> None:
    assert len(copies(dwh)) == 1
    assert len(dwh.redshift.logins) == 1
    assert dwh.runs() in ([], [("failed",)])


def test_wrong_password(dwh):
    dwh.set("CLUSTER", "DB_PASSWORD", "Wrong-Passw0rd")
    done = dwh.etl(check=3)
    assert "password authentication failed" in done.err and "DB_PASSWORD" in done.err
    assert "Wrong-Passw0rd" not in done.err
    assert len(dwh.redshift.logins) == 1


def test_password_that_libpq_cannot_use(dwh):
    dwh.redshift.sha256_users.add(USER)
    try:
        done = dwh.etl(check=3)
    finally:
        dwh.redshift.sha256_users.clear()
    assert "authentication method 13 not supported" in done.err and "SHA-256" in done.err


def test_a_role_that_redshift_may_not_take_on(dwh):
    dwh.set("IAM_ROLE", "ARN", "arn:aws:iam::123456789012:role/nobody")
    done = dwh.etl(check=3)
    assert "not authorized to assume IAM Role" in done.err and "[IAM_ROLE] ARN" in done.err
    tried_once(dwh)


def test_no_role(dwh):
    dwh.set("IAM_ROLE", "ARN", "")
    done = dwh.etl(check=2)
    assert "IAM_ROLE is empty" in done.err and "manage_dwh create" in done.err


def test_a_role_that_may_not_read(make_dwh, make_redshift, moto):  # noqa: F811
    # Its policy names another bucket.
    key = moto.make_user("shut-out", json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}]}))
    dwh = make_dwh(make_redshift(roles={ROLE: key}))
    dwh.create_tables()
    dwh.redshift.reset()
    done = dwh.etl(check=3)
    assert "Access" in done.err and "manage_dwh policy" in done.err
    tried_once(dwh)


def test_no_such_bucket(dwh):
    dwh.set("S3", "SONG_DATA", "s3://no-such-bucket-anywhere/song_data")
    done = dwh.etl(check=None)
    assert done.status in (1, 3)
    assert "no-such-bucket-anywhere" in done.err
    assert copies(dwh) == []


def test_tables_are_missing(make_dwh, shared_redshift):  # noqa: F811
    done = make_dwh(shared_redshift).etl(check=1)
    assert "create_tables --if-missing" in done.err


def test_a_server_that_nobody_vouches_for(dwh, tmp_path):
    dwh.set("CLUSTER", "SSLROOTCERT", str(TestAuthority(tmp_path / "other").ca))
    done = dwh.etl(check=3)
    assert "SSL error" in done.err and "SSLROOTCERT" in done.err
    # Without SSLROOTCERT the distribution's authorities count, and they do not know ours either.
    dwh.set("CLUSTER", "SSLROOTCERT", None)
    assert "certificate verify failed" in dwh.etl(check=3).err
    assert dwh.redshift.logins == []


def test_not_a_redshift(dwh, postgres):  # noqa: F811
    dwh.set("CLUSTER", "SSLMODE", "disable")
    known = psycopg.conninfo.conninfo_to_dict(postgres.conninfo)
    dwh.set("CLUSTER", "HOST", known["host"])
    dwh.set("CLUSTER", "DB_PORT", known.get("port", "5432"))
    dwh.set("CLUSTER", "DB_NAME", known["dbname"])
    dwh.set("CLUSTER", "DB_USER", known["user"])
    done = dwh.etl(check=2)
    assert "is no Redshift: PostgreSQL 15" in done.err


def test_interrupted_in_the_middle_of_a_copy(dwh):
    held = dwh.redshift.faults.hold("^COPY.*staging_songs", "in_copy")
    with dwh.start_etl() as etl:
        assert held.reached.wait(60)
        etl.kill(signal.SIGINT)
        held.release()
        assert etl.finish() == 130
    assert [statement.outcome for statement in dwh.redshift.statements
            if statement.text.startswith("COPY")][-1] == "57014"
    assert ("published",) not in dwh.runs()
    dwh.etl()
    is_loaded(dwh)


# ---- Sign-in and progress

def test_sign_in_without_a_password(dwh, moto):  # noqa: F811
    """moto makes the login; the stand-in is told of it on the way."""
    made = []

    def tell(_call, reply):
        found = [re.search(rb"<%s>(.*?)</%s>" % (name, name), reply.body)
                 for name in (b"DbUser", b"DbPassword")]
        if all(found):
            made.append(tuple(match.group(1).decode() for match in found))
            dwh.redshift.add_credentials(*made[-1])
        return reply

    moto.client("redshift").create_cluster(
        ClusterIdentifier="sign-in", NodeType="ra3.large", ClusterType="single-node",
        MasterUsername=USER, MasterUserPassword="Passw0rd1")
    front = AwsFront(passed_on(moto.url))
    front.spoil("GetClusterCredentials", tell)
    front.watch(os.getpid())
    try:
        dwh.set("CLUSTER", "DB_PASSWORD", None)
        dwh.set("CLUSTER", "CLUSTER_IDENTIFIER", "sign-in")
        dwh.set("AWS", "ENDPOINT_URL", None)
        more = {"AWS_ENDPOINT_URL": moto.url, "AWS_ENDPOINT_URL_REDSHIFT": front.url}
        done = dwh.etl("--verbose", more_env=more)
        is_loaded(dwh)
        (call,) = front.calls
        assert call.parameters["DbUser"] == USER
        assert call.parameters["ClusterIdentifier"] == "sign-in"
        ((user, password),) = made
        assert user == f"IAM:{USER}"
        assert {login.user for login in dwh.redshift.logins} == {user}
        assert password not in done.err + done.out
        # A login that AWS does not give.
        moto.client("redshift").delete_cluster(ClusterIdentifier="sign-in",
                                               SkipFinalClusterSnapshot=True)
        done = dwh.etl("--full", check=3, more_env=more)
        assert "DB_PASSWORD is empty" in done.err and "ClusterNotFound" in done.err
    finally:
        front.stop()


@pytest.mark.parametrize("model", STARS)
def test_changes_only(dwh, model):
    """What is new comes through a landing table, with load ids that tell objects apart."""
    if model != dwh.model:
        dwh.choose(model)
    dwh.etl()
    lines = (dwh.source / "log_data/2018/11/2018-11-04-events.json").read_text().splitlines()
    changed = dwh.source / "log_data/2018/11/2018-11-04-events.json"
    write_json(dwh.source / "log_data/2019/late.json", [play(userId="31", level="paid")])
    write_json(dwh.source / "song_data/A/A/TRLATE.json", [
        song_file(991, title="Nothing", artist_name="Nobody", duration=181.21098)])
    dwh.upload()
    dwh.etl()
    assert dwh.star() == expected_star(dwh.model, dwh.source)
    late = dwh.redshift.sql("SELECT DISTINCT load_id FROM stage.staging_events WHERE load_id > 0")
    assert len(late) == 1
    write_json(dwh.source / "log_data/2019/late.json", [play(userId="31", itemInSession=1)])
    dwh.upload()
    before = len(copies(dwh))
    dwh.etl()
    assert dwh.star() == expected_star(dwh.model, dwh.source)
    assert ["landing_staging_events" in text for text in copies(dwh)[before:]] == [True]
    # An object of the load of everything: all that came with it comes anew.
    changed.write_text("\n".join(lines[:-2]))
    dwh.upload()
    dwh.etl()
    assert dwh.star() == expected_star(dwh.model, dwh.source)
    dwh.etl("--full")
    assert dwh.star() == expected_star(dwh.model, dwh.source)


@pytest.mark.threads
def test_progress_is_watched_from_a_second_session(dwh):
    held = dwh.redshift.faults.hold("^COPY.*staging_songs", "in_copy")
    asked = dwh.redshift.faults.hold("stv_load_state", "after")
    with dwh.start_etl("--progress", "on") as etl:
        assert held.reached.wait(60) and asked.reached.wait(60)
        asked.release()
        held.release()
        assert etl.finish() == 0, etl.err
    is_loaded(dwh)


@pytest.mark.parametrize("when", ["before", "after"])
def test_progress_that_fails_fails_nothing(dwh, when):
    held = dwh.redshift.faults.hold("^COPY.*staging_songs", "in_copy")
    dwh.redshift.faults.drop("statement_timeout", when)
    with dwh.start_etl() as etl:
        assert held.reached.wait(60)
        wait_until(lambda: any("statement_timeout" in text for text in dwh.redshift.texts()),
                   "the second session")
        held.release()
        assert etl.finish() == 0, etl.err
    is_loaded(dwh)
