"""kill -9 of etl or of the server at every step of a run, two runs at once, clocks that jump, a full
disk: readers see the old state or the new one, and the next run makes the tables that an undisturbed
run makes.

A run is stopped at a step from the database's side: triggers, which pass at once unless the test
holds their lock, and locks on tables. The source has two states, old and new, and each case takes
the warehouse from the one that is published to the other.
"""

import os
import random
import resource
import subprocess
import threading
import time
from pathlib import Path

import pytest

from support.etl_warehouse import EtlWarehouse, make_dataset, waits_for_lock, wait_until
from support.sparkify import milliseconds, play, song_file, write_json
from support.versions import expected_star

pytestmark = pytest.mark.db

# Where a trigger stops a run: (table, timing and event).
TRIGGERS = {
    "noted plays emptied": ("stage.delta_plays", "AFTER DELETE", "STATEMENT"),
    "noted songs emptied": ("stage.delta_songs", "AFTER DELETE", "STATEMENT"),
    "plays noted": ("stage.delta_plays", "AFTER INSERT", "STATEMENT"),
    "songs noted": ("stage.delta_songs", "AFTER INSERT", "STATEMENT"),
    "repeated plays emptied": ("stage.repeated_plays", "AFTER DELETE", "STATEMENT"),
    "repeated plays kept": ("stage.repeated_plays", "AFTER INSERT", "STATEMENT"),
    "changed events removed": ("stage.staging_events", "AFTER DELETE", "STATEMENT"),
    "changed songs removed": ("stage.staging_songs", "AFTER DELETE", "STATEMENT"),
    "first event copied": ("stage.staging_events", "BEFORE INSERT", "ROW"),
    "events copied": ("stage.staging_events", "AFTER INSERT", "STATEMENT"),
    "songs copied": ("stage.staging_songs", "AFTER INSERT", "STATEMENT"),
    "users emptied": ("star.users", "AFTER DELETE", "STATEMENT"),
    "users filled": ("star.users", "AFTER INSERT", "STATEMENT"),
    "songs emptied": ("star.songs", "AFTER DELETE", "STATEMENT"),
    "songs filled": ("star.songs", "AFTER INSERT", "STATEMENT"),
    "artists emptied": ("star.artists", "AFTER DELETE", "STATEMENT"),
    "artists filled": ("star.artists", "AFTER INSERT", "STATEMENT"),
    "songplays emptied": ("star.songplays", "AFTER DELETE", "STATEMENT"),
    "first play inserted": ("star.songplays", "BEFORE INSERT", "ROW"),
    "songplays filled": ("star.songplays", "AFTER INSERT", "STATEMENT"),
    "time emptied": ("star.time", "AFTER DELETE", "STATEMENT"),
    "time filled": ("star.time", "AFTER INSERT", "STATEMENT"),
    "ledger emptied": ("stage.etl_objects", "AFTER DELETE", "STATEMENT"),
    "ledger filled": ("stage.etl_objects", "AFTER INSERT", "STATEMENT"),
    "row counts noted": ("stage.etl_tables", "AFTER INSERT", "STATEMENT"),
    "run recorded": ("stage.etl_runs", "AFTER INSERT", "STATEMENT"),
    "commit": ("stage.etl_runs", "", ""),
}

# Where a lock on a table stops a run; SHARE lets readers pass and stops who writes.
TABLE_LOCKS = {
    "own lock": "stage.etl_lock IN SHARE MODE",
    "plan": "stage.etl_objects IN ACCESS EXCLUSIVE MODE",
    "events truncated": "stage.staging_events IN SHARE MODE",
    "songs truncated": "stage.staging_songs IN SHARE MODE",
}

# How a run loads: what has changed, or everything. Some steps are of one kind only.
MODES = {"incremental": [], "full": ["--full"]}
STEPS_OF_ONE_MODE = {
    "incremental": {"noted plays emptied", "noted songs emptied", "plays noted", "songs noted",
                    "changed events removed", "changed songs removed"},
    "full": {"repeated plays emptied", "repeated plays kept"},
}
STEPS = [(mode, step) for mode in MODES for step in (*TABLE_LOCKS, *TRIGGERS)
         if step in STEPS_OF_ONE_MODE[mode]
         or not any(step in steps for steps in STEPS_OF_ONE_MODE.values())]

MESSAGES = [("incremental", "Bringing the star schema up to date"), ("full", "Inserting data"),
            *((mode, words) for mode in MODES
              for words in ("Beginning copy", "Completed copy", "Checking", "Publishing"))]

VICTIMS = ["etl", "server"]


def trigger_number(step: str) -> int:
    return 1000 + list(TRIGGERS).index(step)


def install_triggers(dwh: EtlWarehouse) -> None:
    dwh.sql("DROP SCHEMA IF EXISTS test CASCADE; CREATE SCHEMA test;"
            " CREATE FUNCTION test.wait() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN PERFORM pg_advisory_xact_lock_shared(TG_ARGV[0]::bigint); RETURN NEW; END $$")
    for step, (table, event, level) in TRIGGERS.items():
        number = trigger_number(step)
        what = (f"TRIGGER t{number} {event} ON {table} FOR EACH {level}" if event else
                f"CONSTRAINT TRIGGER t{number} AFTER INSERT ON {table}"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW")
        dwh.sql(f"CREATE {what} EXECUTE FUNCTION test.wait({number})")


class TwoStates:
    """A source that can be shown as it was and as it is, and what the star is for each."""

    def __init__(self, dwh: EtlWarehouse):
        self.dwh = dwh
        self.published = 0
        self.content: dict[int, str] = {}
        self.ledger: dict[int, list[list[str]]] = {}
        for state in (1, 0):
            self.show(state)
            started = time.monotonic()
            dwh.etl("--full")
            self.duration = time.monotonic() - started
            self.content[state] = dwh.content()
            self.ledger[state] = self.objects()
        assert self.content[0] != self.content[1]

    def show(self, state: int) -> None:
        raise NotImplementedError

    def begin(self) -> tuple[str, str]:
        """Shows the state that is not published; the contents before and after its load."""
        self.published = 0 if self.dwh.content() == self.content[0] else 1
        assert self.dwh.content() == self.content[self.published]
        self.show(1 - self.published)
        return self.content[self.published], self.content[1 - self.published]

    def objects(self) -> list[list[str]]:
        """The ledger without what differs between two writings of one file."""
        rows = [row.split("|") for row in self.dwh.ledger()]
        return [row[:3] + row[4:] for row in rows]

    def note_something(self) -> None:
        """An undisturbed run between the states, which is incremental."""
        self.begin()
        self.converges()
        assert self.dwh.sql("SELECT count(*) FROM stage.delta_songs") != "0"

    def converges(self) -> None:
        """One more run, and everything is as after an undisturbed one."""
        self.dwh.etl()
        self.published = 1 - self.published
        assert self.dwh.content() == self.content[self.published]
        assert self.objects() == self.ledger[self.published]


class SmallStates(TwoStates):
    """A rewritten day and a song more or less, which touch every star table."""

    def show(self, state: int) -> None:
        logs = self.dwh.source / "log_data/2018/12/2018-12-31-events.json"
        write_json(logs, [play(userId=str(900 + state), song="Nothing", level="paid",
                               ts=milliseconds("2018-12-31", state))])
        write_json(self.dwh.source / "song_data/A/A/TRCHANGED.json", [
            song_file(960 + state, title="Nothing", artist_name="Nobody", duration=181.21098)])


def small_states(dwh: EtlWarehouse) -> SmallStates:
    states = SmallStates(dwh)
    states.show(states.published)
    assert dwh.star() == expected_star(dwh.model, dwh.source)
    install_triggers(dwh)
    return states


@pytest.fixture(scope="module")
def small(shared) -> SmallStates:
    return small_states(shared)


@pytest.fixture(scope="module")
def small_history(make_loaded) -> SmallStates:
    return small_states(make_loaded().choose("history"))


def kill(victim: str, dwh: EtlWarehouse, run) -> int:
    """Ends etl or the server as a power cut does; the exit status of etl."""
    if victim == "etl":
        run.kill()
    else:
        dwh.kill_server()
    return run.finish()


def stop_at(step: str) -> str:
    """SQL that makes runs stand still at the step for as long as its transaction lasts."""
    return (f"BEGIN; LOCK TABLE {TABLE_LOCKS[step]}" if step in TABLE_LOCKS else
            f"BEGIN; SELECT pg_advisory_xact_lock({trigger_number(step)})")


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("mode, step", STEPS)
def test_kill_at_each_step(small, mode, step, victim):
    kill_at_step(small, mode, step, victim)


@pytest.mark.parametrize("mode, step", STEPS)
def test_kill_at_each_step_of_model_history(small_history, mode, step):
    kill_at_step(small_history, mode, step, VICTIMS[STEPS.index((mode, step)) % 4 // 3])


def kill_at_step(small: SmallStates, mode: str, step: str, victim: str) -> None:
    dwh = small.dwh
    if step.endswith("emptied") and step in STEPS_OF_ONE_MODE["incremental"]:
        small.note_something()  # or there were nothing to empty
    old, new = small.begin()
    with dwh.session() as holder:
        holder.sql(stop_at(step))
        with dwh.start_etl(*MODES[mode]) as run:
            wait_until(lambda: waits_for_lock(holder), f"etl waiting at: {step}")
            assert dwh.content() == old, "readers see the last published state"
            status = kill(victim, dwh, run)
        if victim == "etl":
            holder.sql("ROLLBACK")
    if victim == "etl":
        # A server that was told to commit does so, whoever asked.
        wait_until(lambda: dwh.sessions_of_etl() == 0, "the end of etl's sessions")
        assert dwh.content() == (new if step == "commit" else old)
    else:
        assert status == 3, run.err
        assert "hint: " in run.err
        dwh.manage("create" if STEPS.index((mode, step)) % 2 else "resume")
        assert dwh.content() == old
    small.converges()


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("mode, message", MESSAGES)
def test_kill_after_a_message(small, mode, message, victim):
    dwh = small.dwh
    small.begin()
    with dwh.start_etl(*MODES[mode]) as run:
        assert run.wait_for(message), run.err
        kill(victim, dwh, run)
    dwh.manage("create")
    assert dwh.content() in small.content.values()
    small.converges()


@pytest.mark.parametrize("survives", [True, False], ids=["both live", "the first is killed"])
@pytest.mark.parametrize("order", ["here, elsewhere", "elsewhere, here"])
@pytest.mark.parametrize("mode, step", [("incremental", "plays noted"), ("full", "users filled"),
                                        ("incremental", "commit"), ("full", "commit")])
def test_two_at_once(small, mode, step, order, survives):
    """Of two machines' runs the second waits for the first, and does its work if that died."""
    dwh = small.dwh
    dwh.etl("--full")  # a crash of the server may have emptied staging; then no run is incremental
    old, new = small.begin()
    other = dwh.folder / "other.cfg"
    other.write_text(dwh.cfg.read_text().replace("etl.lock", "other.lock"))
    cfgs = [dwh.cfg, other] if order == "here, elsewhere" else [other, dwh.cfg]
    with dwh.session() as holder:
        holder.sql(stop_at(step))
        with dwh.start_etl(*MODES[mode], cfg=cfgs[0]) as first:
            wait_until(lambda: waits_for_lock(holder), f"the first run at: {step}")
            with dwh.start_etl(cfg=cfgs[1]) as second:
                wait_until(lambda: waits_for_the_other_run(holder), "the second run waiting")
                assert dwh.content() == old
                if not survives:
                    first.kill()
                    first.finish()
                holder.sql("COMMIT")
                assert second.finish() == 0, second.err
                assert first.finish() == (0 if survives else 137), first.err
    # A server that was told to commit does so, whoever asked.
    assert ("Nothing is new" in second.err) == (survives or step == "commit")
    assert dwh.content() == new
    small.converges()


def waits_for_the_other_run(session) -> bool:
    return session.sql("SELECT count(*) FROM pg_locks WHERE NOT granted"
                       " AND relation = 'stage.etl_lock'::regclass") != "0"


YEAR_S = 365 * 86_400


@pytest.mark.parametrize("shift_s", [-3 * YEAR_S, 3 * YEAR_S], ids=["back", "forth"])
@pytest.mark.parametrize("mode", MODES)
def test_clock_that_jumps(small, mode, shift_s):
    """A run years ago or years ahead, over files from years ahead or ago: the clock decides
    nothing."""
    dwh = small.dwh
    _, new = small.begin()
    for path in dwh.source.rglob("*CHANGED.json"):
        moment = path.stat().st_mtime - shift_s
        os.utime(path, (moment, moment))
    env = os.environ | {"LD_PRELOAD": str(clock_shift()), "DWH_TEST_CLOCK_SHIFT_S": str(shift_s)}
    done = dwh.etl(*MODES[mode], env=env)
    assert dwh.content() == new, done.err
    started = dwh.sql("SELECT max(abs(extract(year FROM started_at) - extract(year FROM now())))"
                      " FROM stage.etl_runs")
    assert float(started) >= 2, "the clock was shifted"
    for known in (env, None):
        assert "Nothing is new" in dwh.etl(env=known).err
    small.converges()


def clock_shift() -> Path:
    return Path(os.environ["DWH_BUILD_DIR"]) / "tests/libclock_shift.so"


@pytest.fixture(scope="module")
def first(make_loaded) -> tuple[EtlWarehouse, dict]:
    dwh = make_loaded()
    return dwh, expected_star(dwh.model, dwh.source)


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("step", ["songs copied", "songplays filled", "commit"])
def test_kill_in_the_first_load(first, step, victim):
    """Empty tables are filled another way than full ones, without a log of the rows."""
    dwh, expected = first
    dwh.create_tables("--force")
    empty = dwh.content()
    install_triggers(dwh)
    with dwh.session() as holder:
        holder.sql(stop_at(step))
        with dwh.start_etl() as run:
            wait_until(lambda: waits_for_lock(holder), f"etl waiting at: {step}")
            kill(victim, dwh, run)
    dwh.manage("create")
    wait_until(lambda: dwh.sessions_of_etl() == 0, "the end of etl's sessions")
    published = victim == "etl" and step == "commit"
    assert (dwh.content() == empty) != published
    dwh.etl()
    assert dwh.star() == expected
    dwh.kill_server()
    dwh.manage("resume")
    assert dwh.star() == expected, "what is published outlives the server"


class BigStates(TwoStates):
    """A log file whole, and without its last play."""

    def __init__(self, dwh: EtlWarehouse):
        self.file = min((dwh.source / "log_data").rglob("*.json"))
        lines = self.file.read_bytes().splitlines(keepends=True)
        last = max(number for number, line in enumerate(lines) if b'"NextSong"' in line)
        self.texts = [b"".join(lines), b"".join(lines[:last] + lines[last + 1:])]
        super().__init__(dwh)

    def show(self, state: int) -> None:
        self.file.write_bytes(self.texts[state])


@pytest.fixture(scope="module")
def big(make_loaded) -> BigStates:
    dwh = make_loaded(with_source=False)
    make_dataset(dwh.source, events=60_000, files=3)
    return BigStates(dwh)


class Reader:
    """Looks at the star again and again, and keeps what it saw."""

    def __init__(self, dwh: EtlWarehouse):
        self.seen: set[str] = set()
        self._dwh = dwh
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _look(self):
        try:
            with self._dwh.session() as session:
                while not self._over.is_set():
                    self.seen.add(self._dwh.content(session))
        except ConnectionError:
            pass  # the server was killed


SEED = int(os.environ.get("DWH_TEST_SEED") or random.randrange(1 << 32))


@pytest.mark.parametrize("moment", range(12))
def test_kill_at_a_random_moment(big, moment):
    dwh = big.dwh
    victim = VICTIMS[moment % 2]
    rng = random.Random(SEED + moment)
    print(f"DWH_TEST_SEED={SEED}")
    big.begin()
    with Reader(dwh) as reader, dwh.start_etl() as run:
        try:
            run.process.wait(rng.uniform(0, big.duration))
        except subprocess.TimeoutExpired:
            pass
        kill(victim, dwh, run)
    assert reader.seen <= set(big.content.values())
    dwh.manage("create")
    assert dwh.content() in big.content.values()
    big.converges()


LARGEST_FILE = 16 << 20  # What one piece of the server's log needs; the events need a third more.


def allow_small_files_only() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, most))


@pytest.mark.parametrize("mode", MODES)
def test_disk_that_is_full(big, mode):
    """The server's files may not grow, so that the database refuses as it does on a full disk."""
    dwh = big.dwh
    old, _ = big.begin()
    dwh.manage("pause")
    dwh.manage("resume", preexec_fn=allow_small_files_only)
    done = dwh.etl(*MODES[mode], check=1)
    assert "File too large" in done.err, done.err
    assert dwh.content() == old
    dwh.manage("pause")
    dwh.manage("resume")
    assert dwh.content() == old
    big.converges()
