"""Nights that nobody watches: what etl says, writes and runs by itself, and how it keeps its own
kind away."""

import configparser
import json
import os
import re
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus_text

from support.etl_warehouse import waits_for_lock, wait_until
from support.sparkify import expected_star, play, write_json

pytestmark = pytest.mark.db

ROOT = Path(__file__).parents[2]
PREFIX = "sparkify_dwh_etl_"


def break_a_record(dwh) -> Path:
    path = dwh.source / "log_data/broken.json"
    path.write_text("no JSON\n")
    return path


# What it says


def test_cron_is_silent_while_all_is_well(dwh):
    done = dwh.etl("--cron")
    assert (done.out, done.err) == ("", "")
    (results,) = dwh.results.iterdir()
    assert re.fullmatch(r"etl_\d{14}\.results", results.name)
    assert "star.songplays" in results.read_text()
    quiet = dwh.etl("--cron")
    assert (quiet.out, quiet.err) == ("", "")
    assert dwh.star() == expected_star(dwh.source)


def test_cron_speaks_of_what_a_person_should_know(dwh):
    dwh.etl()
    gone = dwh.source / "log_data/2018/11/2018-11-04-events.json"
    gone.unlink()
    done = dwh.etl("--cron")
    assert done.out == ""
    assert str(gone) in done.err and len(done.err.splitlines()) == 1
    dwh.set("ETL", "MAX_ERRORS", "10")
    broken = break_a_record(dwh)
    accepted = dwh.etl("--cron").err
    assert str(broken) in accepted and "load_errors_staging_events.json" in accepted


def test_cron_tells_a_failure_in_one_paragraph(dwh):
    broken = break_a_record(dwh)
    done = dwh.etl("--cron", check=4)
    assert done.out == ""
    said = done.err.splitlines()
    assert [line.split()[:2] for line in said] == [["etl:", "error:"], ["hint:", said[1].split()[1]]]
    (details,) = dwh.results.glob("etl_*.failure")
    run_id = dwh.sql("SELECT run_id FROM stage.etl_runs")
    for words in ("load into table stage.staging_events refused", run_id, str(dwh.cfg), "phase ",
                  "on host ", "MAX_ERRORS in [ETL]", str(details),
                  str(dwh.results / "load_errors_staging_events.json")):
        assert words in done.err, words
    told = details.read_text()
    # What a person at a terminal would have seen.
    assert "Beginning copy" in told and str(broken) in told and run_id in told
    assert stat.S_IMODE(details.stat().st_mode) == 0o644


def test_cron_speaks_json(dwh):
    break_a_record(dwh)
    done = dwh.etl("--cron", "--log-format", "json", check=4)
    (message,) = [json.loads(line) for line in done.err.splitlines()]
    assert message["level"] == "error" and ".failure" in message["hint"]


@pytest.mark.parametrize("words", [["--verbose"], ["--dry-run"], ["--history"],
                                   ["--progress", "on"]])
def test_cron_does_not_go_with(dwh, words):
    assert "--cron" in dwh.etl("--cron", *words, check=2).err


# The command


def listen(dwh) -> Path:
    """Sets ON_FAILURE; where it will write what it is told."""
    told = dwh.folder / "told"
    told.unlink(missing_ok=True)
    dwh.set("ETL", "ON_FAILURE", f"{{ cat; env; }} > {told}")
    return told


def test_command_is_told_of_a_refused_load(dwh):
    told = listen(dwh)
    break_a_record(dwh)
    dwh.etl(check=4)
    text = told.read_text()
    assert text.startswith("etl failed: load into table stage.staging_events refused")
    run_id = dwh.sql("SELECT run_id FROM stage.etl_runs")
    for words in ("\nwhat to do: ", "\nDWH_EXIT_STATUS=4\n", f"\nDWH_RUN_ID={run_id}\n",
                  f"\nrun: {run_id}\n", f"\nconfiguration: {dwh.cfg}\n", "\nphase: ",
                  "stage.staging_events: ", " rejects\n", "load_errors_staging_events.json\n",
                  ".failure\n"):
        assert words in text, words
    assert dwh.get("CLUSTER", "DB_PASSWORD") not in text


@pytest.mark.parametrize("section, key, value, status", [
    ("CLUSTER", "HOST", "/nowhere", 3), ("CLUSTER", "HOST", None, 3), ("S3", "LOG_DATA", None, 2),
    ("ETL", "RESULTS_DIR", "/nowhere", 2)])
def test_command_is_told_of_what_fails_before_the_warehouse(dwh, section, key, value, status):
    told = listen(dwh)
    metrics = dwh.folder / "before.prom"
    dwh.set("ETL", "METRICS_FILE", str(metrics))
    dwh.set(section, key, value)
    dwh.etl("--cron", check=status)
    text = told.read_text()
    assert text.startswith("etl failed: ") and f"\nDWH_EXIT_STATUS={status}\n" in text
    assert re.search(r"\nDWH_RUN_ID=\d{14}-\d+\n", text)
    assert f"{PREFIX}last_run_exit_status {status}\n" in metrics.read_text()


def test_command_that_fails_changes_nothing_but_says_so(dwh):
    dwh.set("ETL", "ON_FAILURE", "echo no mail today; exit 9")
    break_a_record(dwh)
    done = dwh.etl("--cron", check=4)
    assert "ON_FAILURE" in done.err and "status 9" in done.err and "no mail today" in done.err
    assert done.err.splitlines()[-1].startswith("hint: ")


def test_command_is_not_run_where_nothing_failed(dwh):
    told = listen(dwh)
    dwh.etl()
    dwh.etl()
    dwh.set("S3", "LOG_DATA", "/nowhere")
    dwh.etl("--dry-run", check=1)
    assert not told.exists()


@pytest.mark.parametrize("sign, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_command_is_not_run_for_an_interrupt_by_hand(dwh, sign, status):
    told = listen(dwh)
    with dwh.session() as holder:
        holder.sql("BEGIN; LOCK TABLE star.users IN SHARE MODE")
        with dwh.start_etl("--cron") as run:
            wait_until(lambda: waits_for_lock(holder), "etl at work")
            run.kill(sign)
            assert run.finish() == status
    assert not told.exists()
    assert run.out == "" and run.err.startswith("etl: error: ")


# The lock


def test_lock_names_its_holder(dwh):
    told = listen(dwh)
    metrics = dwh.folder / "locked.prom"
    metrics.unlink(missing_ok=True)
    dwh.set("ETL", "METRICS_FILE", str(metrics))
    with dwh.session() as holder:
        holder.sql("BEGIN; LOCK TABLE star.users IN SHARE MODE")
        with dwh.start_etl() as run:
            wait_until(lambda: waits_for_lock(holder), "the first run at work")
            done = dwh.etl("--cron", check=75)
            assert not metrics.exists(), "they are the other's to write"
            holder.sql("COMMIT")
            assert run.finish() == 0, run.err
    assert re.search(rf"another run holds {dwh.folder}/etl.lock: pid {run.pid} of user \S+ on host"
                     rf" \S+ with {dwh.cfg}, held for [\d.]+ s, since 20\d\d-", done.err), done.err
    assert not told.exists()
    assert f"{PREFIX}last_run_success 1\n" in metrics.read_text()


def test_lock_is_gone_with_its_process(dwh):
    with dwh.session() as holder:
        holder.sql("BEGIN; LOCK TABLE star.users IN SHARE MODE")
        with dwh.start_etl() as run:
            wait_until(lambda: waits_for_lock(holder), "the run at work")
            run.kill(signal.SIGKILL)
            run.finish()
    assert f"pid {run.pid}\n" in (dwh.folder / "etl.lock").read_text()
    dwh.etl()


@pytest.fixture(scope="module")
def no_flock(tmp_path_factory) -> dict[str, str]:
    """The environment of a program on a file system that knows no flock."""
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text("#include <errno.h>\nint flock(int fd, int operation) { (void)fd;"
                                   " (void)operation; errno = ENOLCK; return -1; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c"],
                   check=True)
    return os.environ | {"LD_PRELOAD": str(folder / "shim.so")}


def test_without_flock_two_at_once_and_one_that_died(dwh, no_flock):
    owner = dwh.folder / "etl.lock.owner"
    with dwh.session() as holder:
        holder.sql("BEGIN; LOCK TABLE star.users IN SHARE MODE")
        process = dwh.programs.start("etl", cfg=dwh.cfg, env=no_flock)
        wait_until(lambda: waits_for_lock(holder), "the first run at work")
        assert f"pid {process.pid}" in dwh.etl(check=75, env=no_flock).err
        process.kill()
        process.communicate()
    assert f"pid {process.pid}\n" in owner.read_text(), "it had no time to clear up"
    assert "run that died" in dwh.etl(env=no_flock).err
    assert not owner.exists()
    owner.write_text("pid 1\nhost elsewhere\nuser eve\nsince 2026-01-01T00:00:00Z\nconfig x\n")
    done = dwh.etl(check=75, env=no_flock)
    assert "on host elsewhere" in done.err and f"remove {owner} by hand" in done.err
    owner.unlink()


# Metrics


def read_metrics(path: Path) -> dict[str, dict[str, float]]:
    """Family -> labels -> value, by the parsers of both formats."""
    text = path.read_text()
    assert text.endswith("# EOF\n")
    found = {family.name: {",".join(f"{sample.labels[name]}" for name in sample.labels):
                           sample.value for sample in family.samples}
             for family in open_metrics(text)}
    older = {family.name: {",".join(f"{sample.labels[name]}" for name in sample.labels):
                           sample.value for sample in family.samples}
             for family in prometheus_text(text)}
    assert found == older, "node_exporter reads the older format"
    for family in open_metrics(text):
        assert family.type == "gauge" and family.name.endswith(family.unit)
    assert all(name.startswith(PREFIX) for name in found)
    return {name.removeprefix(PREFIX): values for name, values in found.items()}


def test_metrics_of_good_quiet_and_failed_runs(dwh):
    path = dwh.folder / "sparkify.prom"
    path.unlink(missing_ok=True)
    dwh.set("ETL", "METRICS_FILE", str(path))
    dwh.etl("--cron")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    good = read_metrics(path)
    events, songs = "stage.staging_events", "stage.staging_songs"
    counts = {name: {table: int(dwh.sql(f"SELECT {what} FROM stage.etl_objects WHERE table_name ="
                                        f" '{table.split('.')[1]}'")) for table in (events, songs)}
              for name, what in (("objects_listed", "count(*)"), ("objects_loaded", "count(*)"),
                                 ("records", "sum(records)"), ("rows", "sum(rows_loaded)"),
                                 ("rejects", "sum(rejects)"))}
    for name, values in counts.items():
        assert good[f"last_run_{name}"] == values
    assert good["last_run_loaded_bytes"][events] == sum(
        file.stat().st_size for file in (dwh.source / "log_data").rglob("*.json"))
    assert good["last_run_success"] == {"": 1} and good["last_run_exit_status"] == {"": 0}
    assert good["last_success_timestamp_seconds"] == good["last_run_timestamp_seconds"]
    assert good["last_run_duration_seconds"][""] > 0

    dwh.etl()
    quiet = read_metrics(path)
    assert quiet["last_run_objects_loaded"] == {events: 0, songs: 0}
    assert quiet["last_run_objects_known"] == counts["objects_listed"]
    assert quiet["last_success_timestamp_seconds"][""] > good["last_success_timestamp_seconds"][""]

    break_a_record(dwh)
    (dwh.source / "log_data/2018/11/2018-11-04-events.json").unlink()
    dwh.etl(check=4)
    bad = read_metrics(path)
    assert bad["last_run_success"] == {"": 0} and bad["last_run_exit_status"] == {"": 4}
    assert bad["last_success_timestamp_seconds"] == quiet["last_success_timestamp_seconds"]
    assert bad["last_run_rejects"][events] == 1 and bad["last_run_objects_failed"][events] > 0
    assert bad["last_run_objects_vanished"] == {"": 1}


def test_metrics_that_cannot_be_written_are_a_warning(dwh):
    dwh.set("ETL", "METRICS_FILE", str(dwh.folder / "nowhere/x.prom"))
    done = dwh.etl("--cron")
    assert "METRICS_FILE" in done.err and "nowhere" in done.err
    assert dwh.star() == expected_star(dwh.source)


# The time limit


def test_time_limit_stops_a_run_that_hangs(dwh):
    told = listen(dwh)
    dwh.etl()
    before, ledger = dwh.content(), dwh.ledger()
    dwh.set("ETL", "TIME_LIMIT", "3s")
    write_json(dwh.source / "log_data/new.json", [play()])
    with dwh.session() as holder:
        # Nothing but the limit ends this run, however slow the machine is.
        holder.sql("BEGIN; LOCK TABLE stage.etl_lock, star.users IN SHARE MODE")
        done = dwh.etl("--cron", check=1)
        wait_until(lambda: dwh.sessions_of_etl() == 0, "the end of etl's sessions", timeout=30)
    assert re.search(r"the time limit of 3\.00 s was over in phase \w+", done.err), done.err
    assert "TIME_LIMIT in [ETL]" in done.err
    assert dwh.content() == before and dwh.ledger() == ledger
    assert "\nDWH_EXIT_STATUS=1\n" in told.read_text()
    assert dwh.sql("SELECT outcome, error FROM stage.etl_runs ORDER BY started_at DESC LIMIT 1"
                   ) == "failed|the time limit is over"
    dwh.set("ETL", "TIME_LIMIT", None)
    dwh.etl()
    assert dwh.star() == expected_star(dwh.source)


def test_time_limit_that_is_kept_changes_nothing(dwh):
    dwh.set("ETL", "TIME_LIMIT", "2h")
    assert dwh.etl("--cron").err == ""


def test_time_limit_without_a_unit(dwh):
    dwh.set("ETL", "TIME_LIMIT", "90")
    assert "such as 90m, 2h or 3600s" in dwh.etl(check=2).err


# History


def test_history(dwh):
    assert "(no rows)" in dwh.etl("--history").out
    assert json.loads(dwh.etl("--history", "--format", "json").out) == []
    dwh.etl()
    broken = break_a_record(dwh)
    dwh.etl(check=4)
    broken.unlink()
    dwh.etl("--full")
    runs = json.loads(dwh.etl("--history", "--format", "json").out)
    assert [run["outcome"] for run in runs] == ["published", "rejected", "published"]
    newest, failed, first = runs
    assert [run["run_id"] for run in runs] == dwh.sql(
        "SELECT run_id FROM stage.etl_runs ORDER BY started_at DESC").splitlines()
    assert first["objects_loaded"] == int(dwh.sql("SELECT count(*) FROM stage.etl_objects"))
    assert first["records"] == first["rows_loaded"] + first["rejects"]
    assert first["mode"] == "full" and first["error"] is None
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["started"])
    assert first["seconds"] > 0 and first["host"] == os.uname().nodename
    assert isinstance(newest["phases"], dict)
    assert failed["rejects"] == 1 and "refused" in failed["error"]
    table = dwh.etl("--history", "--limit", "2").out.splitlines()
    assert len(table) == 4 and "outcome" in table[0] and "phases" not in table[0]
    assert newest["run_id"] in table[2] and failed["run_id"] in table[3]


def test_history_without_its_tables(dwh):
    dwh.sql("ALTER TABLE stage.etl_runs DROP COLUMN phases")
    assert "create_tables --force" in dwh.etl("--history", check=1).err
    dwh.sql("DROP TABLE stage.etl_runs")
    assert "create_tables --if-missing" in dwh.etl("--history", check=1).err


@pytest.mark.parametrize("words", [["--format", "json"], ["--limit", "3"],
                                   ["--history", "--full"], ["--history", "--limit", "0"]])
def test_history_words_that_make_no_sense(dwh, words):
    dwh.etl(*words, check=2)


# What is shipped for cron and systemd


def test_crontab():
    minutes = [range(60), range(24), range(1, 32), range(1, 13), range(8)]
    jobs = 0
    for line in (ROOT / "config/etl.crontab").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if re.match(r"[A-Z]+=", line):
            continue
        *fields, command = line.split(None, 5)
        for field, allowed in zip(fields, minutes, strict=True):
            assert field == "*" or int(field) in allowed
        program, *words = command.split()
        assert program == "/usr/local/bin/etl" and "%" not in command
        assert "--cron" in words and Path(words[words.index("--config") + 1]).is_absolute()
        jobs += 1
    assert jobs == 1
    assert re.search(r"^MAILTO=\S+$", (ROOT / "config/etl.crontab").read_text(), re.M)
    assert re.search(r"^PATH=/", (ROOT / "config/etl.crontab").read_text(), re.M)


def test_units(bin_dir, open_tmp):
    for unit in ROOT.glob("config/sparkify-etl.*"):
        shutil.copy(unit, open_tmp)
    service = open_tmp / "sparkify-etl.service"
    parser = configparser.ConfigParser(strict=False)
    parser.optionxform = str
    parser.read(service)
    program, *words = parser["Service"]["ExecStart"].split()
    assert program == "/usr/local/bin/etl" and words[:2] == ["--cron", "--config"]
    service.write_text(service.read_text().replace(program, str(bin_dir / "etl")))
    checked = subprocess.run(["systemd-analyze", "verify", service,
                              open_tmp / "sparkify-etl.timer"], capture_output=True, text=True,
                             check=False)
    assert checked.returncode == 0, checked.stderr
    assert "sparkify-etl" not in checked.stderr, checked.stderr
    rated = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20",
                            service], capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout + rated.stderr
