"""Plays histories of a source against a warehouse, and knows what the star must be after each run."""

import random
import shutil
import subprocess
from pathlib import Path

from support.etl_warehouse import EtlWarehouse, RunningEtl, Session, wait_until
from support.histories import EDITS, Objects, Source, Step, put, star_of_objects


class HistoryPlayer:
    """Plays one history after the other. `fresh` is a second warehouse, to load anew in what the
    first one has gathered; without it that is left out."""

    def __init__(self, dwh: EtlWarehouse, fresh: EtlWarehouse | None = None):
        self.dwh = dwh
        self.fresh = fresh
        self.merges = 0  # runs that loaded what was new only
        self._session: Session | None = None
        self.other_cfg = dwh.folder / "other.cfg"
        for one in (dwh, fresh):
            if one:
                one.set("ETL", "MAX_ERRORS", "100000")
        self.other_cfg.write_text(dwh.cfg.read_text().replace("etl.lock", "other.lock"))
        self.other_cfg.chmod(0o600)
        self._begin()

    def _begin(self) -> None:
        shutil.rmtree(self.dwh.source, ignore_errors=True)
        self.source = Source(self.dwh.source)
        if not self.dwh.processes():
            self.dwh.manage("resume")
        self.recreate(None)

    def session(self) -> Session:
        """To look with; one for as long as the server lives."""
        self._session = self._session or self.dwh.session()
        return self._session

    def close(self) -> None:
        if self._session:
            self._session.close()
        self._session = None

    def play(self, steps: list[Step]) -> None:
        """Raises AssertionError, naming the step, where a run ends in the wrong state."""
        self._begin()
        for number, step in enumerate(steps):
            rng = random.Random(step.seed)
            try:
                if step.kind in EDITS:
                    EDITS[step.kind](rng, self.source)
                else:
                    getattr(self, step.kind)(rng)
            except AssertionError as error:
                raise AssertionError(f"step {number}, {step}: {error}") from error

    # ---- What is published

    def _publish(self, full: bool = False) -> None:
        """Notes what a run has made of the source."""
        fresh = [name for name, content in self.source.objects.items()
                 if name not in self.loaded or self.loaded[name].version != content.version]
        if full:
            self.loaded = {}
        elif not fresh:
            return
        self.loaded = self.loaded | self.source.objects
        self.staging_in_doubt = False

    def _vanished(self) -> bool:
        return not self.loaded.keys() <= self.source.objects.keys()

    def check(self) -> None:
        found = self.dwh.star(self.session())
        expected = star_of_objects(self.dwh.model, self.loaded)
        for table, rows in expected.items():
            missing = [row for row in rows if row not in found[table]]
            extra = [row for row in found[table] if row not in rows]
            assert found[table] == rows, f"{table} lacks {missing} and has {extra}, " \
                f"{len(found[table])} rows instead of {len(rows)}"
        listed = {name: len(content.good) for name, content in self.loaded.items()}
        ledger = [row.split("|") for row in self.dwh.ledger(self.session())]
        known = {row[1].removeprefix(f"{self.dwh.source}/"): int(row[5]) for row in ledger}
        assert known == listed, f"the ledger has {known} instead of {listed}"

    def _published_runs(self) -> int:
        return int(self.session().sql(
            "SELECT count(*) FROM stage.etl_runs WHERE outcome = 'published'"))

    # ---- Kinds of runs

    def run(self, _: random.Random) -> None:
        self._run(self.dwh.cfg)

    def _run(self, cfg: Path) -> None:
        """Refused is only what would lose rows: those of vanished objects that staging, after a
        crash, holds no more. A full load is the way out."""
        done = self.dwh.programs.run("etl", cfg=cfg, check=None)
        if done.status == 1 and "does not hold what was loaded into it" in done.err:
            assert self.staging_in_doubt and self._vanished(), done.err
            self.check()
            self.full(None)
        else:
            assert done.status == 0, done
            self.merges += "Bringing the star" in done.err
            self._publish()
        self.check()

    def full(self, _: random.Random | None) -> None:
        self.dwh.etl("--full")
        self._publish(full=True)
        self.check()

    def elsewhere(self, rng: random.Random) -> None:
        """A run of another machine, which knows nothing of this one's files. One here follows and
        learns of it: until then this machine's copy of the ledger is out of date."""
        self._run(self.other_cfg)
        self.run(rng)

    def twice(self, rng: random.Random) -> None:
        """The second run finds nothing to do and leaves even the surrogate keys alone."""
        self.run(rng)
        ids = "SELECT coalesce(sum(songplay_id), 0), count(*) FROM star.songplays"
        before = self.session().sql(ids)
        assert "Nothing is new" in self.dwh.etl().err
        assert self.session().sql(ids) == before, "a run without work changed songplays"

    def recreate(self, _: random.Random | None) -> None:
        """Empty tables: everything is new again. Only the other machine cannot know."""
        self.dwh.create_tables("--force")
        for copy in self.dwh.folder.glob(f".{self.other_cfg.name}*"):
            copy.unlink()
        self.loaded: Objects = {}
        self.staging_in_doubt = False
        self.check()

    def kill_etl(self, rng: random.Random) -> None:
        before, full = self._published_runs(), rng.random() < 0.1
        with self._start(rng, full) as run:
            run.kill()
        wait_until(lambda: self.dwh.sessions_of_etl() == 0, "the end of etl's sessions")
        self._after_kill(before, full)

    def kill_server(self, rng: random.Random) -> None:
        before, full = self._published_runs(), rng.random() < 0.1
        with self._start(rng, full) as run:
            self._end_server()
            assert run.finish() in (0, 1, 3), run.err
        self.dwh.manage("resume")
        self._after_kill(before, full)

    def crash(self, rng: random.Random) -> None:
        """The server is killed while nobody uses it, right after a run."""
        self.run(rng)
        self._end_server()
        self.staging_in_doubt = True
        self.dwh.manage("resume")
        self.check()

    def _end_server(self) -> None:
        self.close()
        self.dwh.kill_server()

    def _start(self, rng: random.Random, full: bool) -> RunningEtl:
        """An etl that has said some of its lines, or has run for some time."""
        run = self.dwh.start_etl(*["--full"][:full])
        if rng.random() < 0.5:
            lines = rng.randint(1, 25)
            while lines and run.wait_for(""):
                lines -= 1
        else:
            try:
                run.process.wait(rng.uniform(0, 0.25))
            except subprocess.TimeoutExpired:
                pass
        return run

    def _after_kill(self, published_before: int, full: bool) -> None:
        if self._published_runs() > published_before:
            self._publish(full)
        self.staging_in_doubt = True
        self.check()

    def compare(self, rng: random.Random) -> None:
        """After a run the star is what a fresh full load makes of the same objects elsewhere."""
        self.run(rng)
        if not self.fresh:
            return
        shutil.rmtree(self.fresh.source, ignore_errors=True)
        for name, content in self.loaded.items():
            put(self.fresh.source / name, content.lines)
        self.fresh.etl("--full")
        assert self.dwh.star(self.session()) == self.fresh.star(), "not what a fresh load gives"


def told(steps: list[Step]) -> str:
    """A history for people, as it can be pasted into a test."""
    return "[" + ",\n ".join(f"Step({step.kind!r}, {step.seed})" for step in steps) + "]"

