"""How etl behaves towards people, scripts and signals: exit status, streams, locks, progress."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.etl_warehouse import EtlWarehouse, make_dataset, waits_for_lock, wait_until
from support.sparkify import STAR_COLUMNS, expected_star, play, write_json

pytestmark = pytest.mark.db

IS_ROOT = os.geteuid() == 0


# Exit status 2: nothing is touched


@pytest.mark.parametrize("words, said", [
    (["--dry-rum"], "did you mean '--dry-run'?"),
    (["--ful"], "did you mean '--full'?"),
    (["now"], "unexpected argument 'now'"),
    (["--log-format", "jsn"], "did you mean 'json'?"),
    (["--progress", "of"], "is not one of"),
    (["--quiet", "--verbose"], "--quiet"),
])
def test_wrong_command_line(dwh, words, said):
    done = dwh.etl(*words, check=2)
    assert said in done.err
    assert "hint: Run 'etl --help'" in done.err
    assert done.out == ""


def test_missing_configuration(run, tmp_path):
    done = run("etl", cwd=tmp_path, check=2, env={"PATH": os.environ["PATH"]})
    assert "dwh.cfg" in done.err and "hint: " in done.err
    done = run("etl", cfg=tmp_path / "other.cfg", check=2)
    assert "other.cfg" in done.err


def test_mistakes_in_the_configuration_are_told_at_once(dwh):
    with open(dwh.cfg, "a", encoding="utf-8") as file:
        file.write("MAX_EROR=3\nMAX_ERRORS=many\n[S4]\nLOG_DATA=x\n")
    done = dwh.etl(check=2)
    for word in ("MAX_EROR", "MAX_ERRORS", "many", "S4", str(dwh.cfg)):
        assert word in done.err
    assert dwh.sql("SELECT count(*) FROM stage.etl_runs") == "0"


@pytest.mark.parametrize("key", ["LOG_DATA", "SONG_DATA"])
def test_source_that_is_not_named(dwh, key):
    dwh.set("S3", key, None)
    done = dwh.etl(check=2)
    assert f"[S3] {key} is not set" in done.err


@pytest.mark.parametrize("made, wanted", [("classic", "history"), ("history", "classic")])
def test_tables_of_another_model_are_said(dwh, made, wanted):
    dwh.choose(made)
    dwh.set("DWH", "MODEL", wanted)
    done = dwh.etl(check=1)
    assert "lacks a column" in done.err and "MODEL" in done.err
    assert "create_tables --force" in done.err


def test_help_and_version(run):
    shown = run("etl", "--help").out
    for word in ("--dry-run", "--full", "Examples:", "Exit status:", "75 another run"):
        assert word in shown
    assert re.fullmatch(r"etl \d+\.\d+\.\d+\n", run("etl", "--version").out)


# Exit status 3: the warehouse


def test_paused_server(dwh):
    dwh.manage("pause")
    done = dwh.etl(check=3)
    assert "manage_dwh resume" in done.err
    dwh.manage("resume")
    dwh.etl()


def test_no_warehouse_yet(dwh):
    dwh.set("CLUSTER", "HOST", None)
    assert "manage_dwh create" in dwh.etl(check=3).err


def test_wrong_password_is_tried_once(dwh):
    log = dwh.data_dir / "server.log"
    before = log.read_text().count("password authentication failed")
    dwh.set("CLUSTER", "DB_PASSWORD", "not-the-password")
    done = dwh.etl(check=3)
    assert "DB_PASSWORD" in done.err
    assert "not-the-password" not in done.err
    assert log.read_text().count("password authentication failed") == before + 1


# Exit status 1: tables and sources


def test_missing_tables(dwh):
    dwh.sql("DROP SCHEMA star CASCADE; DROP SCHEMA stage CASCADE")
    done = dwh.etl(check=1)
    assert "create_tables" in done.err
    dwh.create_tables()


def test_missing_table_of_the_star(dwh):
    dwh.sql("DROP TABLE star.artists CASCADE")
    done = dwh.etl(check=1)
    assert "star.artists" in done.err or '"artists"' in done.err
    assert "create_tables" in done.err


@pytest.mark.parametrize("key", ["LOG_DATA", "SONG_DATA"])
def test_missing_source(dwh, key):
    dwh.etl()
    before = dwh.content()
    dwh.set("S3", key, f"{dwh.source}/nowhere")
    done = dwh.etl(check=1)
    assert f"{dwh.source}/nowhere" in done.err and "hint: " in done.err
    assert dwh.content() == before


def test_missing_jsonpaths_file(dwh):
    dwh.set("S3", "LOG_JSONPATH", f"{dwh.source}/paths.json")
    assert "paths.json" in dwh.etl(check=1).err


def test_unreadable_file(dwh):
    dwh.etl()
    before = dwh.content()
    locked = dwh.source / "log_data/locked.json"
    write_json(locked, [play()])
    if IS_ROOT:  # no mode keeps root out
        locked.unlink()
        locked.symlink_to("/proc/self/mem")
    else:
        locked.chmod(0)
    done = dwh.etl(check=1)
    assert "cannot" in done.err and str(locked) in done.err
    assert dwh.content() == before


# Files that change under the reader: it stands still before it opens them, after the listing.


@pytest.mark.parametrize("change, said", [
    (lambda path: path.unlink(), "cannot open"),
    (lambda path: path.write_text(path.read_text() + "\n" + json.dumps(play())), "changed while"),
    (lambda path: path.write_text(""), "changed while"),
    (lambda path: os.utime(path), "changed while"),
], ids=["vanishes", "grows", "is emptied", "is rewritten"])
def test_file_that_changes_after_the_listing(dwh, change, said):
    dwh.etl()
    before, ledger = dwh.content(), dwh.ledger()
    path = dwh.source / "log_data/new.json"
    write_json(path, [play()])
    with dwh.session() as holder:
        holder.sql("BEGIN; LOCK TABLE stage.delta_plays IN SHARE MODE")
        with dwh.start_etl() as run:
            wait_until(lambda: waits_for_lock(holder), "etl before it reads")
            change(path)
            holder.sql("COMMIT")
            assert run.finish() == 1
    assert said in run.err and str(path) in run.err and "hint: " in run.err
    assert dwh.content() == before and dwh.ledger() == ledger
    dwh.etl()
    assert dwh.star() == expected_star(dwh.source)


# Two at once


def test_second_run_on_this_machine(dwh):
    with dwh.session() as holder:
        holder.sql("BEGIN; LOCK TABLE star.users IN SHARE MODE")
        with dwh.start_etl() as run:
            wait_until(lambda: waits_for_lock(holder), "the first run at work")
            done = dwh.etl(check=75)
            assert f"pid {run.pid}" in done.err and "hint: " in done.err
            holder.sql("COMMIT")
            assert run.finish() == 0, run.err
    dwh.etl()
    assert dwh.star() == expected_star(dwh.source)


def test_second_run_of_another_machine_waits_and_never_doubles(dwh):
    other = dwh.folder / "other.cfg"
    other.write_text(dwh.cfg.read_text().replace("etl.lock", "other.lock"))
    with dwh.session() as holder:
        holder.sql("BEGIN; LOCK TABLE star.users IN SHARE MODE")
        with dwh.start_etl() as first:
            wait_until(lambda: waits_for_lock(holder), "the first run at work")
            with dwh.start_etl(cfg=other) as second:
                wait_until(lambda: holder.sql(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted"
                    " AND relation = 'stage.etl_lock'::regclass") == "1", "the second run waiting")
                holder.sql("COMMIT")
                assert first.finish() == 0, first.err
                assert second.finish() == 0, second.err
    assert "Nothing is new" in second.err
    assert dwh.star() == expected_star(dwh.source)
    assert dwh.sql("SELECT count(*) FROM stage.etl_runs") == "1"


# Signals


@pytest.mark.parametrize("table", ["stage.staging_events", "stage.staging_songs", "star.users",
                                   "star.time", "stage.etl_runs"])
@pytest.mark.parametrize("sign, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_leaves_the_published_state(dwh, table, sign, status):
    dwh.etl()
    before, ledger = dwh.content(), dwh.ledger()
    write_json(dwh.source / "log_data/new.json", [play()])
    with dwh.session() as holder:
        holder.sql(f"BEGIN; LOCK TABLE {table} IN SHARE MODE")
        with dwh.start_etl() as run:
            wait_until(lambda: waits_for_lock(holder), f"etl waiting for {table}")
            run.kill(sign)
            if table == "stage.etl_runs":  # where the end of the run is written too
                holder.sql("COMMIT")
            assert run.finish() == status, run.err
        wait_until(lambda: dwh.sessions_of_etl() == 0, "the end of etl's sessions", timeout=10)
    assert dwh.content() == before and dwh.ledger() == ledger
    assert run.out == ""
    dwh.etl()
    assert dwh.star() == expected_star(dwh.source)


def test_signal_while_copying(dwh):
    """Stopped by the database in the middle of a COPY, with rows under way."""
    dwh.sql("CREATE FUNCTION stage.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM"
            " pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;"
            " CREATE TRIGGER wait BEFORE INSERT ON stage.staging_events FOR EACH ROW"
            " EXECUTE FUNCTION stage.wait()")
    with dwh.session() as holder:
        holder.sql("BEGIN; SELECT pg_advisory_xact_lock(7)")
        with dwh.start_etl() as run:
            wait_until(lambda: waits_for_lock(holder), "etl copying")
            run.kill(signal.SIGINT)
            assert run.finish() == 130
        wait_until(lambda: dwh.sessions_of_etl() == 0, "the end of etl's sessions", timeout=10)
    assert dwh.sql("SELECT count(*) FROM star.songplays") == "0"
    dwh.sql("DROP FUNCTION stage.wait() CASCADE")


# Runs that change nothing


def test_again_over_the_same_files(dwh):
    dwh.etl()
    before, ledger = dwh.content(), dwh.ledger()
    ids = dwh.sql("SELECT min(songplay_id), max(songplay_id) FROM star.songplays")
    files = sorted(dwh.results.iterdir())
    done = dwh.etl()
    assert "Nothing is new" in done.err
    assert dwh.content() == before and dwh.ledger() == ledger
    assert dwh.sql("SELECT min(songplay_id), max(songplay_id) FROM star.songplays") == ids
    assert sorted(dwh.results.iterdir()) == files


def test_full_reloads_to_the_same(dwh):
    dwh.etl()
    before, ledger = dwh.content(), dwh.ledger()
    done = dwh.etl("--full")
    assert "Published." in done.err
    assert dwh.content() == before and dwh.ledger() == ledger
    assert dwh.sql("SELECT count(DISTINCT run_id), count(*) FROM stage.etl_runs") == "2|2"


def test_dry_run_changes_nothing(dwh):
    done = dwh.etl("--dry-run")
    logs = len(list((dwh.source / "log_data").rglob("*.json")))
    assert re.search(rf"^stage.staging_events +{logs} +0 +0 ", done.out, re.M)
    assert "would load" in done.err
    assert dwh.sql("SELECT (SELECT count(*) FROM star.users) + (SELECT count(*) FROM"
                   " stage.staging_events) + (SELECT count(*) FROM stage.etl_runs)") == "0"
    assert list(dwh.results.iterdir()) == []
    dwh.etl()
    assert "would change nothing" in dwh.etl("--dry-run").err


def test_objects_that_are_gone_are_told(dwh):
    dwh.etl()
    before = dwh.content()
    gone = dwh.source / "log_data/2018/11/2018-11-04-events.json"
    gone.unlink()
    done = dwh.etl()
    assert str(gone) in done.err
    assert dwh.content() == before, "its rows stay"


# What is written where


def test_streams_and_results_file(dwh):
    done = dwh.etl()
    (path,) = dwh.results.glob("etl_*.results")
    assert re.fullmatch(r"etl_\d{14}\.results", path.name)
    run_id = dwh.sql("SELECT run_id FROM stage.etl_runs")
    assert path.read_text() == f"run {run_id}\n\n{done.out}"
    rows = dict(re.findall(r"^(s\w+\.\w+) +([\d,]+)$", done.out, re.M))
    assert rows.keys() == {"stage.staging_events", "stage.staging_songs",
                           *(f"star.{table}" for table in STAR_COLUMNS)}
    for table, count in rows.items():
        assert dwh.sql(f"SELECT count(*) FROM {table}") == count.replace(",", "")
    assert "Beginning copy" not in done.out and "Beginning copy" in done.err
    assert "star.users  " not in done.err
    assert done.err.splitlines()[-1].startswith("Loaded ")
    assert "\r" not in done.err and "\x1b" not in done.out + done.err


def test_quiet(dwh):
    done = dwh.etl("--quiet")
    assert done.err == ""
    assert "star.songplays" in done.out


def test_json_messages(dwh):
    lines = dwh.etl("--log-format", "json", "--verbose").err.splitlines()
    messages = [json.loads(text) for text in lines]
    assert {one["program"] for one in messages} == {"etl"}
    assert all(re.match(r"\d{4}-\d\d-\d\dT", one["time"]) for one in messages)
    assert "Published." in [one["message"] for one in messages]
    dwh.set("S3", "LOG_DATA", "/nowhere/at all\n")
    failed = dwh.etl("--log-format", "json", check=1).err.splitlines()
    assert json.loads(failed[-1])["level"] == "error"
    assert json.loads(failed[-1])["hint"]


def test_results_that_cannot_be_written(dwh):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(dwh.programs.command("etl", cfg=dwh.cfg), stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "standard output" in done.stderr and "No space left on device" in done.stderr


def test_results_folder_that_is_not_there(dwh):
    dwh.set("ETL", "RESULTS_DIR", str(dwh.folder / "nowhere"))
    # Said before the work, so that no run ends as failed whose rows are published.
    done = dwh.etl(check=2)
    assert str(dwh.folder / "nowhere") in done.err and "RESULTS_DIR" in done.err
    assert dwh.sql("SELECT count(*) FROM star.users") == "0"


def test_lock_file_that_cannot_be_made(dwh):
    dwh.set("ETL", "LOCK_FILE", str(dwh.folder / "nowhere/etl.lock"))
    done = dwh.etl(check=1)
    assert "nowhere/etl.lock" in done.err and "LOCK_FILE" in done.err


def test_password_shows_nowhere(dwh):
    password = dwh.get("CLUSTER", "DB_PASSWORD")
    seen: set[str] = set()
    with dwh.session() as holder:
        holder.sql("BEGIN; LOCK TABLE star.users IN SHARE MODE")
        with dwh.start_etl("--verbose") as run:
            wait_until(lambda: waits_for_lock(holder), "etl at work")
            for entry in Path("/proc").iterdir():
                try:
                    command = (entry / "cmdline").read_bytes()
                    if entry.name.isdigit() and b"/etl\0" in command:
                        seen.add(command.decode())
                        seen.add((entry / "environ").read_bytes().decode(errors="replace"))
                except OSError:
                    continue
            holder.sql("COMMIT")
            assert run.finish() == 0
    assert any("--verbose" in text for text in seen)
    texts = [*seen, run.out, run.err, (dwh.data_dir / "server.log").read_text()]
    texts += [path.read_text() for path in dwh.results.iterdir()]
    assert not any(password in text for text in texts)
    assert dwh.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE"
                   f" '%' || reverse('{password[::-1]}') || '%'") == "0"


# Progress


def run_on_a_terminal(dwh: EtlWarehouse, *args) -> str:
    """Everything etl writes on a terminal of 120 columns."""
    master, slave = pty.openpty()
    subprocess.run(["stty", "cols", "120", "rows", "40"], stdin=slave, check=True)
    process = subprocess.Popen(dwh.programs.command("etl", *args, cfg=dwh.cfg), stdin=slave,
                               stdout=subprocess.DEVNULL, stderr=slave,
                               env=os.environ | {"TERM": "xterm"})
    os.close(slave)
    seen = b""
    while True:
        select.select([master], [], [])
        try:
            chunk = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(master)
    assert process.wait(60) == 0, seen
    return seen.decode()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """dataset(events): a folder of generated data, about half a kilobyte an event."""
    made = {}

    def make(events: int) -> Path:
        if events not in made:
            made[events] = tmp_path_factory.mktemp("data") / str(events)
            make_dataset(made[events], events, files=4)
        return made[events]

    return make


def load_from(dwh: EtlWarehouse, folder: Path) -> None:
    dwh.set("S3", "LOG_DATA", str(folder / "log_data"))
    dwh.set("S3", "SONG_DATA", str(folder / "song_data"))


def test_progress_on_a_terminal(dwh, dataset):
    load_from(dwh, dataset(40_000))
    # The bar shows rate and time left after a second: the copy is made to last that long.
    dwh.sql("CREATE FUNCTION stage.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM"
            " pg_sleep(0.001); RETURN NEW; END $$; CREATE TRIGGER slow BEFORE INSERT ON"
            " stage.staging_events FOR EACH ROW WHEN (NEW.item_in_session % 8 = 3)"
            " EXECUTE FUNCTION stage.slow()")
    try:
        seen = run_on_a_terminal(dwh)
    finally:
        dwh.sql("DROP FUNCTION stage.slow() CASCADE")
    bars = [text for text in seen.split("\r") if "copy staging_events" in text]
    assert any(re.search(r"\[=* *\]  +\d+%  +[\d,]+ rows  +[\d.]+ \wB of [\d.]+ \wB  +[\d.]+ \wB/s"
                         r"  +\d+ s left", text) for text in bars), bars[-3:]
    for text in bars:
        assert len(re.sub(r"\x1b\[[0-9;]*\w", "", text).split("\n")[0]) < 120
    assert "Published." in seen
    # The bar is wiped before the last word.
    assert seen.rstrip().splitlines()[-1].startswith("Loaded ")
    quiet = run_on_a_terminal(dwh, "--full", "--quiet", "--progress", "off")
    assert quiet == ""


# Memory


# The kernel counts what a child was before it became the program: a copy of this process, which is
# far larger than etl. So a small process starts it.
MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_rss_mb(dwh: EtlWarehouse) -> float:
    """Loads all anew; etl's peak resident memory in MB."""
    command = dwh.programs.command("etl", "--full", "--quiet", cfg=dwh.cfg)
    done = subprocess.run([sys.executable, "-I", "-S", "-c", MEASURE, *command], check=True,
                          stdout=subprocess.PIPE, timeout=300)
    return int(done.stdout) / 1024


def test_memory_is_bounded_whatever_the_data(dwh, dataset):
    load_from(dwh, dataset(200_000))
    small = peak_rss_mb(dwh)
    load_from(dwh, dataset(600_000))
    large = peak_rss_mb(dwh)
    assert small <= 64
    assert large <= 64
    assert large - small <= 8
