"""manage_dwh with ENGINE=local, against real servers."""

import json
import os
import pty
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from support.programs import LocalWarehouse, mode

pytestmark = [pytest.mark.db]

# Started as root, manage_dwh drops to another account, and there is more to go wrong; so root tests
# both ways. An ordinary user has one way only.
IS_ROOT = os.geteuid() == 0
ACCOUNTS = [None, "nobody"] if IS_ROOT else [None]


@pytest.fixture(params=ACCOUNTS, ids=lambda account: account or "caller")
def each_warehouse(request, make_warehouse) -> LocalWarehouse:
    return make_warehouse(request.param)


def wait_until(condition, what: str, timeout: float = 60):
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never saw: {what}"
        time.sleep(0.001)
    return value


def tree(folder: Path) -> dict[str, tuple]:
    """Everything in a folder, to see whether it changed."""
    return {str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns,
                        path.read_bytes() if path.is_file() else b"")
            for path in [folder, *sorted(folder.rglob("*"))]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# The life of a warehouse


def test_life_cycle(each_warehouse):
    w = each_warehouse
    assert w.status()["state"] == "absent"

    done = w.manage("create")
    assert done.out == "", "results go to standard output, progress does not"
    assert f"in {w.data_dir}" in done.err
    assert w.status() == {"engine": "local", "state": "available", "host": str(w.data_dir / "run"),
                          "port": 5432, "database": "sparkify", "user": "dwh"}
    w.sql("CREATE TABLE kept AS SELECT 7 AS n")

    again = w.manage("create")
    assert "already there" in again.err
    assert w.sql("SELECT n FROM kept") == "7"

    assert "paused" in w.manage("pause").err
    assert w.status()["state"] == "paused"
    assert w.processes() == []
    assert "already paused" in w.manage("pause").err

    w.manage("resume")
    first = w.postmaster()
    w.manage("resume")
    assert w.postmaster() == first, "a server that runs is left alone"
    assert w.sql("SELECT n FROM kept") == "7"

    w.manage("pause")
    w.manage("create")
    assert w.sql("SELECT n FROM kept") == "7", "create starts what is there"

    w.manage("delete", "--yes")
    assert not w.data_dir.exists()
    assert w.processes() == []
    assert w.get("CLUSTER", "HOST") == ""
    assert w.status()["state"] == "absent"
    assert "othing to delete" in w.manage("delete", "--yes").err


def test_folder_is_private_and_of_an_ordinary_account(each_warehouse):
    w = each_warehouse
    w.manage("create")
    owner = w.data_dir.stat().st_uid
    assert owner == (pwd.getpwnam(w.programs.account or "postgres").pw_uid if IS_ROOT
                     else os.geteuid())
    assert mode(w.data_dir) == mode(w.data_dir / "run") == mode(w.data_dir / "pgdata") == 0o700
    for name in ("sparkify_dwh.json", "server.log", "pgdata/postgresql.conf",
                 "pgdata/sparkify_dwh.conf"):
        assert mode(w.data_dir / name) == 0o600, name
    assert mode(w.cfg) == 0o600
    assert {path.lstat().st_uid for path in w.data_dir.rglob("*")} == {owner}
    status = Path(f"/proc/{w.postmaster()}/status").read_text()
    assert re.search(r"^Uid:(.*)$", status, re.M).group(1).split() == [str(owner)] * 4
    groups = re.search(r"^Groups:(.*)$", status, re.M).group(1).split()
    assert "0" not in groups or not IS_ROOT, "root's groups are dropped too"


def test_server_is_durable_and_orders_text_by_bytes(warehouse):
    warehouse.manage("create")
    settings = dict(line.split("=") for line in warehouse.sql(
        "SELECT name || '=' || setting FROM pg_settings WHERE name IN ('fsync', 'TimeZone',"
        " 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'jit', 'wal_level',"
        " 'server_encoding', 'log_statement')").splitlines())
    assert settings == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
                        "listen_addresses": "", "jit": "off", "TimeZone": "UTC",
                        "wal_level": "minimal", "server_encoding": "UTF8", "log_statement": "none"}
    assert warehouse.sql("SELECT string_agg(t, '' ORDER BY t) FROM unnest("
                         "ARRAY['b', 'é', 'B', 'a', '_', 'Z']) t") == "BZ_abé"
    assert warehouse.sql("SELECT upper('é'), usesuper FROM pg_user") == "É|t"


def test_settings_of_a_person_win(warehouse):
    warehouse.manage("create")
    with open(warehouse.data_dir / "pgdata/postgresql.conf", "a", encoding="utf-8") as file:
        file.write("work_mem = 5MB\n")
    warehouse.manage("pause")
    warehouse.manage("resume")
    assert warehouse.sql("SHOW work_mem") == "5MB"


def test_status_for_people_ends_with_a_psql_line_that_works(make_warehouse, open_tmp):
    w = make_warehouse(data_dir=open_tmp / "it's a $HOME \"of\" data\\")
    w.manage("create")
    text = w.manage("status").out
    line = text.splitlines()[-1]
    assert line.startswith("psql ")
    assert w.get("CLUSTER", "DB_PASSWORD") not in text
    done = subprocess.run(["sh", "-c", f"{line} -XAtc 'SELECT 42'"], env=w.psql_env(),
                          capture_output=True, text=True, check=True)
    assert done.stdout == "42\n"


def test_create_writes_only_what_changes(warehouse):
    warehouse.write_cfg(cluster="# mine\nDB_PASSWORD=my;own#pass%word ;x\n")
    warehouse.manage("create")
    text = warehouse.cfg.read_text()
    assert "# mine\nDB_PASSWORD=my;own#pass%word ;x\n" in text
    before = tree(warehouse.cfg)
    warehouse.manage("create")
    assert tree(warehouse.cfg) == before
    assert warehouse.sql("SELECT 1") == "1"


def test_create_with_output_leaves_the_original(warehouse, open_tmp):
    out = open_tmp / "elsewhere" / "copy.cfg"
    out.parent.mkdir()
    warehouse.set("LOCAL", "DATA_DIR", "warehouse")  # relative to dwh.cfg
    before = warehouse.cfg.read_bytes()
    warehouse.manage("create", "--output", out)
    assert warehouse.cfg.read_bytes() == before
    assert mode(out) == 0o600
    warehouse.cfg = out
    assert warehouse.sql("SELECT 1") == "1"
    assert warehouse.status()["host"] == str(warehouse.folder / "warehouse/run")


# Secrets


def test_password_shows_nowhere(each_warehouse):
    w = each_warehouse
    seen: set[str] = set()
    over = threading.Event()

    def watch():
        while not over.is_set():
            for entry in Path("/proc").iterdir():
                for name in ("cmdline", "environ"):
                    try:
                        seen.add((entry / name).read_bytes().decode(errors="replace"))
                    except OSError:
                        continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        done = w.manage("--verbose", "create")
    finally:
        over.set()
        watcher.join()
    assert any("initdb" in text and "--pwfile=/dev/stdin" in text for text in seen)

    password = w.get("CLUSTER", "DB_PASSWORD")
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", password)
    texts = [*seen, done.out, done.err]
    for args in (["status"], ["status", "--format", "json"], ["pause"], ["resume"]):
        finished = w.manage("--verbose", *args)
        texts += [finished.out, finished.err]
    w.sql("ALTER USER dwh PASSWORD 'not-for-the-log'")
    wrong = w.manage("status", "--format", "json")
    texts += [wrong.out, wrong.err]
    subprocess.run(w.psql_command("ALTER USER dwh PASSWORD 'not-for-the-log' SYNTAX"),
                   env={**w.psql_env(), "PGPASSWORD": "not-for-the-log"}, check=False,
                   capture_output=True)
    texts.append((w.data_dir / "server.log").read_text())
    assert "unrecognized role option" in texts[-1], "the log does tell what failed"
    assert not [text for text in texts if password in text or "not-for-the-log" in text]
    marker = (w.data_dir / "sparkify_dwh.json").read_text()
    assert password not in marker


def test_passwords_differ(make_warehouse):
    passwords = set()
    for _ in range(2):
        w = make_warehouse()
        w.manage("create")
        passwords.add(w.get("CLUSTER", "DB_PASSWORD"))
    assert len(passwords) == 2


def test_wrong_password_is_said_and_not_mended(warehouse):
    warehouse.manage("create")
    warehouse.set("CLUSTER", "DB_PASSWORD", "wrong")
    assert warehouse.status()["state"] == "broken"
    done = warehouse.manage("create", check=3)
    assert "password authentication failed" in done.err
    assert "DB_PASSWORD" in done.err


def test_server_keeps_nothing_of_its_caller_open(warehouse):
    read_end, write_end = os.pipe()
    try:
        warehouse.manage("create", pass_fds=[write_end])
        os.close(write_end)
        write_end = -1
        os.set_blocking(read_end, False)
        assert os.read(read_end, 1) == b"", "someone still holds the pipe"
    finally:
        os.close(read_end)
        if write_end >= 0:
            os.close(write_end)
    environ = Path(f"/proc/{warehouse.postmaster()}/environ").read_bytes().split(b"\0")
    names = {item.split(b"=")[0] for item in environ if item}
    assert names <= {b"PATH", b"LC_ALL", b"LANG", b"PWD", b"OLDPWD", b"SHLVL", b"_", b"PGDATA",
                     b"PG_OOM_ADJUST_FILE", b"PG_GRANDPARENT_PID", b"PGLOCALEDIR", b"PGSYSCONFDIR"} \
        | {name for name in names if name.startswith(b"LC_")}


# Crashes


@pytest.mark.parametrize("verb", ["resume", "create"])
def test_killed_server_comes_back(each_warehouse, verb):
    w = each_warehouse
    w.manage("create")
    w.sql("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    # This session works on without its server and holds the shared memory, until it is ended.
    busy = subprocess.Popen(w.psql_command("SELECT count(*) FROM generate_series(1, 1e10)"),
                            env=w.psql_env(), stderr=subprocess.DEVNULL)
    wait_until(lambda: w.sql("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%1e10%'"
                             " AND pid <> pg_backend_pid()"), "the busy session")
    os.kill(w.postmaster(), signal.SIGKILL)
    wait_until(lambda: w.status()["state"] == "paused", "the server's end")
    w.manage(verb)
    assert w.sql("SELECT count(*) FROM kept") == "1000"
    assert busy.wait(60) != 0


def test_stale_pid_file_of_a_living_stranger(each_warehouse):
    w = each_warehouse
    w.manage("create")
    w.manage("pause")
    owner = w.data_dir.stat()
    as_server = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}",
                 "--clear-groups"] if IS_ROOT else []
    stranger = subprocess.Popen([*as_server, "sleep", "600"])
    try:
        # As after a loss of power: both lock files name a number that is someone else's now.
        for name, text in (("pgdata/postmaster.pid", f"{stranger.pid}\n{w.data_dir}/pgdata\n"),
                           ("run/.s.PGSQL.5432.lock", f"{stranger.pid}\n{w.data_dir}/pgdata\n"),
                           ("run/.s.PGSQL.5432", "")):
            (w.data_dir / name).write_text(text)
            os.chown(w.data_dir / name, owner.st_uid, owner.st_gid)
        assert w.status()["state"] == "paused"
        w.manage("resume")
        assert w.sql("SELECT 1") == "1"
        assert stranger.poll() is None, "the stranger must live"
    finally:
        stranger.kill()
        stranger.wait()


def test_crash_with_an_unlogged_table_half_rolled_back(warehouse):
    """The rollback of a TRUNCATE has taken its files away, and never came into the log: PostgreSQL
    15 does not recover from that at its first start."""
    w = warehouse
    w.manage("create")
    w.sql("CREATE UNLOGGED TABLE public.staged AS SELECT 1 AS n")
    w.sql("CHECKPOINT")
    *psql, _, _ = w.psql_command("")
    with subprocess.Popen(psql, env=w.psql_env(), text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as session:
        session.stdin.write("BEGIN; TRUNCATE public.staged;"
                            " SELECT pg_relation_filepath('public.staged');\n")
        session.stdin.flush()
        table = w.data_dir / "pgdata" / session.stdout.readline().strip()
        w.sql("CREATE TABLE public.other (n INT)")  # its COMMIT takes what is before it to the disk
        # Stopped first, for whoever sees another end would roll back by itself.
        w.send_signal(signal.SIGSTOP)
        w.send_signal(signal.SIGKILL)
    wait_until(lambda: not w.processes(), "the end of the server")
    table.with_name(f"{table.name}_init").unlink()
    os.truncate(table, 0)
    w.manage("create")
    assert w.sql("SELECT count(*) FROM public.staged, public.other") == "0"
    assert "File exists" in (w.data_dir / "server.log").read_text()


def config_has(w: LocalWarehouse, key: str) -> bool:
    return w.get("CLUSTER", key) != ""


MOMENTS = {
    "folder made": lambda w: w.data_dir.exists(),
    "marker written": lambda w: (w.data_dir / "sparkify_dwh.json").exists(),
    "password written": lambda w: config_has(w, "DB_PASSWORD"),
    "initdb began": lambda w: (w.data_dir / "pgdata").exists(),
    "initdb half done": lambda w: (w.data_dir / "pgdata/base/1").exists(),
    "settings written": lambda w: (w.data_dir / "pgdata/sparkify_dwh.conf").exists(),
    "server began": lambda w: (w.data_dir / "pgdata/postmaster.pid").exists()
                              and (w.data_dir / "run/.s.PGSQL.5432").exists(),
    "endpoint written": lambda w: config_has(w, "HOST"),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_interrupted_create_goes_on(warehouse, moment, how):
    w = warehouse
    create = w.programs.start("manage_dwh", "create", cfg=w.cfg)
    wait_until(lambda: MOMENTS[moment](w) or create.poll() is not None, moment)
    create.send_signal(how)
    create.communicate()
    # Near the end it may have been done before the signal came.
    assert create.returncode in ((-how, 0) if how == signal.SIGKILL else (130, 0))
    if create.returncode != 0 and moment != "endpoint written":
        assert w.status()["state"] in ("absent", "creating", "available")
    w.manage("create")
    assert w.status()["state"] == "available"
    assert w.sql("SELECT current_user, current_database()") == "dwh|sparkify"
    w.manage("delete", "--yes")
    assert w.processes() == []
    assert not w.data_dir.exists() or list(w.data_dir.iterdir()) == []


def test_interrupted_delete_goes_on(warehouse):
    w = warehouse
    w.manage("create")
    delete = w.programs.start("manage_dwh", "delete", "--yes", cfg=w.cfg)
    wait_until(lambda: '"unfinished"' in (w.data_dir / "sparkify_dwh.json").read_text(), "delete")
    delete.kill()
    delete.communicate()
    w.manage("delete", "--yes")
    assert not w.data_dir.exists()
    assert w.processes() == []


def test_two_creates_at_once(warehouse):
    w = warehouse
    both = [w.programs.start("manage_dwh", "create", cfg=w.cfg) for _ in range(2)]
    ends = [(one.communicate()[1], one.returncode) for one in both]
    assert sorted(status for _, status in ends) in ([0, 75], [0, 0]), ends
    assert w.status()["state"] == "available"
    assert w.sql("SELECT 1") == "1"


def test_full_disk_is_said_in_the_servers_words(each_warehouse):
    w = each_warehouse

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = w.manage("create", check=1, preexec_fn=small_files)
    assert re.search("could not (write|extend|fsync)|File too large|File size limit", done.err)
    assert w.status()["state"] == "creating"
    assert not config_has(w, "HOST")
    w.manage("resume", check=3)
    w.manage("create")
    assert w.sql("SELECT 1") == "1"


def test_start_that_fails_shows_the_servers_words(warehouse):
    warehouse.manage("create")
    warehouse.manage("pause")
    with open(warehouse.data_dir / "pgdata/postgresql.conf", "a", encoding="utf-8") as file:
        file.write("shared_buffers = lots\n")
    done = warehouse.manage("resume", check=3)
    assert 'invalid value for parameter "shared_buffers"' in done.err
    assert str(warehouse.data_dir / "server.log") in done.err
    assert warehouse.status()["state"] == "paused"


# Ports and endpoints


def test_taken_port_is_found_before_anything_is_made(warehouse):
    w = warehouse
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        w.write_cfg(local=f"PORT={port}\n")
        before = w.cfg.read_bytes()
        done = w.manage("create", check=3)
        assert str(port) in done.err and "PORT" in done.err and "in use" in done.err
        assert not w.data_dir.exists()
        assert w.cfg.read_bytes() == before
    w.manage("create")
    assert (w.status()["host"], w.status()["port"]) == ("127.0.0.1", port)
    assert (w.get("CLUSTER", "HOST"), w.get("CLUSTER", "DB_PORT")) == ("127.0.0.1", str(port))
    assert w.sql("SELECT host(inet_server_addr())") == "127.0.0.1"


def test_port_may_change(warehouse):
    w = warehouse
    w.manage("create")
    w.sql("CREATE TABLE kept AS SELECT 7 AS n")
    port = free_port()
    w.set("LOCAL", "PORT", str(port))
    assert f"on port {port}" in w.manage("create").err
    assert w.status()["port"] == port
    assert w.sql("SELECT n FROM kept") == "7"
    w.manage("pause")
    w.set("LOCAL", "PORT", None)
    w.manage("resume")
    assert w.get("CLUSTER", "HOST") == str(w.data_dir / "run")
    assert w.sql("SELECT n FROM kept") == "7"


def test_path_too_long_for_a_socket(make_warehouse, open_tmp):
    w = make_warehouse(data_dir=open_tmp / ("long" * 25))
    w.manage("create")
    folder = Path(w.status()["host"])
    assert folder.parent == Path("/tmp") and mode(folder) == 0o700
    assert folder.stat().st_uid == w.data_dir.stat().st_uid
    assert w.sql("SELECT 1") == "1"
    w.manage("pause")
    # A cleaner of /tmp took it, and a stranger has the name now.
    shutil.rmtree(folder)
    folder.mkdir(mode=0o777)
    w.manage("resume")
    assert w.status()["host"] != str(folder)
    assert w.sql("SELECT 1") == "1"
    used = Path(w.status()["host"])
    w.manage("delete", "--yes")
    assert not used.exists() and folder.exists()
    folder.rmdir()


# What is not ours


def test_foreign_folder_is_never_touched(warehouse):
    w = warehouse
    w.data_dir.mkdir()
    (w.data_dir / "thesis.txt").write_text("three years of work")
    before = tree(w.data_dir)
    done = w.manage("create", check=2)
    assert str(w.data_dir) in done.err and "DATA_DIR" in done.err
    assert "not make" in w.manage("status").out
    w.manage("delete", "--yes", check=2)
    w.manage("resume", check=3)
    assert tree(w.data_dir) == before
    shutil.rmtree(w.data_dir)


def test_data_dir_that_is_a_file(warehouse):
    warehouse.data_dir.write_text("not a folder")
    for verb in (["create"], ["status"], ["delete", "--yes"]):
        assert "is not a folder" in warehouse.manage(*verb, check=2).err
    assert warehouse.data_dir.read_text() == "not a folder"
    warehouse.data_dir.unlink()


def test_data_dir_that_is_a_link_leads_to_its_target(make_warehouse, open_tmp):
    target = open_tmp / "other disk"
    target.mkdir()
    w = make_warehouse(data_dir=open_tmp / "link")
    w.data_dir.symlink_to(target)
    w.manage("create")
    assert w.status()["host"] == str(target / "run")
    w.manage("delete", "--yes")
    assert target.is_dir() and list(target.iterdir()) == [], "made by someone else: emptied only"


def test_delete_keeps_what_it_did_not_make(each_warehouse, open_tmp):
    w = each_warehouse
    w.manage("create")
    outside = open_tmp / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    (outside / "precious").write_text("outside")
    for link in ("pgdata/link", "run/link", "link"):
        (w.data_dir / link).symlink_to(outside)
    (w.data_dir / "notes.txt").write_text("mine")
    done = w.manage("delete", "--yes")
    assert "notes.txt" in done.err and "link" in done.err and "run" in done.err
    assert (outside / "precious").read_text() == "outside"
    assert (w.data_dir / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in w.data_dir.iterdir()) == ["link", "notes.txt", "run"]
    assert w.processes() == []


def test_folder_that_cannot_be_reached(warehouse, open_tmp):
    w = warehouse
    shut = open_tmp / "shut"
    shut.mkdir(mode=0o700 if IS_ROOT else 0)
    w.data_dir = shut / "deep" / "warehouse"
    w.write_cfg()
    done = w.manage("create", check=1)
    assert str(shut) in done.err and "DATA_DIR" in done.err
    shut.chmod(0o755)
    w.manage("create")
    assert w.sql("SELECT 1") == "1"


def test_folder_of_another_account(make_warehouse):
    if not IS_ROOT:
        # An ordinary user cannot make one, but every system has one.
        w = make_warehouse(data_dir=Path("/usr"))
        assert "belongs to account root" in w.manage("status", check=1).err
        return
    mine = make_warehouse()
    mine.manage("create")
    other = make_warehouse("nobody", data_dir=mine.data_dir)
    assert "belongs to account postgres" in other.manage("status", check=1).err
    assert "belongs to account postgres" in other.manage("delete", "--yes", check=1).err
    assert mine.sql("SELECT 1") == "1"


def test_root_manages_a_users_warehouse_as_that_user(make_warehouse):
    if not IS_ROOT:
        assert os.geteuid() != 0, "only root can act for others"
        return
    theirs = make_warehouse("nobody")
    theirs.manage("create")
    theirs.manage("pause")
    account, theirs.programs.account = theirs.programs.account, None
    theirs.manage("resume")
    assert theirs.sql("SELECT 1") == "1"
    theirs.programs.account = account
    theirs.manage("pause")
    assert theirs.processes() == []


# Asking and refusing


def test_delete_elsewhere_needs_yes(warehouse):
    warehouse.manage("create")
    done = warehouse.manage("delete", check=2)
    assert "--yes" in done.err
    assert warehouse.status()["state"] == "available"


@pytest.mark.parametrize("answer, status", [("nonsense", 2), ("local", 0)])
def test_delete_asks_on_a_terminal(warehouse, answer, status):
    w = warehouse
    w.manage("create")
    master, slave = pty.openpty()
    delete = subprocess.Popen(w.programs.command("manage_dwh", "delete", cfg=w.cfg), stdin=slave,
                              stdout=slave, stderr=slave)
    os.close(slave)
    os.write(master, f"{answer}\n".encode())
    assert delete.wait(60) == status
    os.close(master)
    assert (w.status()["state"] == "absent") == (status == 0)


def test_dry_runs_change_nothing(warehouse):
    w = warehouse
    before = tree(w.folder)
    assert f"sparkify in {w.data_dir}" in w.manage("create", "--dry-run").out
    assert "othing to delete" in w.manage("delete", "--dry-run").out
    assert tree(w.folder) == before
    w.manage("create")
    assert "already there" in w.manage("create", "--dry-run").out
    first = w.postmaster()
    assert str(w.data_dir) in w.manage("delete", "--dry-run").out
    assert w.postmaster() == first and w.sql("SELECT 1") == "1"


def test_other_settings_are_named(warehouse):
    w = warehouse
    w.manage("create")
    w.set("CLUSTER", "DB_NAME", "other")
    w.set("CLUSTER", "DB_USER", "someone")
    done = w.manage("create", check=2)
    for word in ("DB_NAME is 'sparkify'", "'other'", "DB_USER is 'dwh'", "'someone'"):
        assert word in done.err
    w.manage("create", "--dry-run", check=2)


def test_a_warehouse_of_another_name_is_not_deleted(warehouse):
    w = warehouse
    w.manage("create")
    w.set("CLUSTER", "CLUSTER_IDENTIFIER", "production")
    done = w.manage("delete", "--yes", check=2)
    assert "'local'" in done.err and "'production'" in done.err
    assert w.postmaster() in w.processes()
    w.set("CLUSTER", "CLUSTER_IDENTIFIER", None)


def test_names_that_need_quotes(warehouse):
    w = warehouse
    w.write_cfg(cluster='DB_NAME=My "Music"; x\nDB_USER=some one\n')
    w.manage("create")
    assert w.sql("SELECT current_user, current_database()") == 'some one|My "Music"; x'


def test_nothing_there(warehouse):
    for verb in ("pause", "resume"):
        done = warehouse.manage(verb, check=3)
        assert "manage_dwh create" in done.err
    assert json.loads(warehouse.manage("status", "--format", "json").out)["state"] == "absent"
    assert not warehouse.data_dir.exists()


def test_data_that_someone_removed(warehouse):
    w = warehouse
    w.manage("create")
    w.manage("pause")
    shutil.rmtree(w.data_dir / "pgdata")
    assert w.status()["state"] == "broken"
    assert "manage_dwh delete" in w.manage("resume", check=1).err
    w.manage("delete", "--yes")
    w.manage("create")
    assert w.sql("SELECT 1") == "1"

