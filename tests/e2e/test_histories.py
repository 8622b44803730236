"""After every run of any history the star is what a fresh load of the same content makes.

Each history edits a source at random, over and over, and runs etl in between, sometimes killing it
or the server. The content that counts is kept by the test: an object that vanished counts as it
was when it was last loaded. DWH_TEST_SEED=N replays the history with that seed as the first one.
"""

import os
import random

import pytest

from support.histories import random_history, shrink
from support.history_player import HistoryPlayer, told
from support.sql_files import MODELS

pytestmark = pytest.mark.db

SEED = int(os.environ.get("DWH_TEST_SEED") or random.randrange(1 << 32))
HISTORIES = int(os.environ.get("DWH_TEST_HISTORIES") or 30)
NIGHTS = 24

# How often each kind of run ends a night.
RUNS = {"run": 40, "kill_etl": 12, "elsewhere": 6, "full": 3, "twice": 3, "compare": 4,
        "kill_server": 1, "crash": 1, "recreate": 1}
SHRINKING_TRIES = 60


@pytest.fixture(scope="module", params=MODELS)
def player(make_loaded, request):
    player = HistoryPlayer(make_loaded(with_source=False).choose(request.param),
                           make_loaded(with_source=False).choose(request.param))
    yield player
    player.close()


def failure(player: HistoryPlayer, steps: list) -> str:
    try:
        player.play(steps)
    except AssertionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("number", range(HISTORIES))
def test_star_after_each_run(player, number):
    print(f"DWH_TEST_SEED={SEED + number}")
    steps = random_history(SEED + number, NIGHTS, RUNS)
    merges = player.merges
    if not (said := failure(player, steps)):
        assert player.merges > merges + NIGHTS // 4, "nearly all runs loaded everything"
        return
    shorter = shrink(steps, lambda some: bool(failure(player, some)), SHRINKING_TRIES)
    pytest.fail(f"{said}\n\nThe history:\n{told(steps)}\n\n"
                f"Shorter, if it fails again: {failure(player, shorter)}\n{told(shorter)}")
