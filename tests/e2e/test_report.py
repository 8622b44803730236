"""report: every answer against an independent computation from the JSON files, and its ways out."""

import csv
import io
import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from support.archive import unpack
from support.report import Answers

pytestmark = [pytest.mark.db]

PROJECT = Path(__file__).resolve().parents[2]
QUESTIONS = sorted(re.sub(r"^\d+_", "", path.stem)
                   for path in (PROJECT / "sql/report").glob("*.sql"))
# Each question as it is, and with every parameter at another value.
ASKED = [(name, {}) for name in QUESTIONS if name != "loads"] + [
    ("plays_by_day", {"limit": 2}), ("plays_by_day", {"limit": 99_999_999_999}),
    ("top_songs", {"limit": 500}), ("top_artists", {"limit": 3}),
    ("artists_with_most_songs", {"limit": 400}), ("trending_songs", {"limit": 100}),
    ("level_changes", {"limit": 1}), ("lapsed_users", {"limit": 100, "days": 0}),
    ("lapsed_users", {"days": 100}), ("anniversaries", {"limit": 100}),
    ("suggestions", {"limit": 100}), ("states", {"limit": 1}), ("metros", {"limit": 500}),
    ("match_rate", {"limit": 3})]


def report(dwh, *args, **kwargs):
    return dwh.programs.run("report", *args, cfg=dwh.cfg, **kwargs)


def ask(dwh, name: str, **params) -> list[dict]:
    settings = [word for key, value in params.items() for word in ("--set", f"{key}={value}")]
    return json.loads(report(dwh, name, *settings, "--format", "json").out)[name]


def assert_same(found: list[dict], expected: list[dict]) -> None:
    """Equal, but that the found percentages and means are rounded to one decimal."""
    assert [list(row) for row in found] == [list(row) for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        for key, value in wanted.items():
            if isinstance(value, float):
                assert row[key] == pytest.approx(value, abs=0.0501), (row, wanted)
            else:
                assert row[key] == value, (row, wanted)


@pytest.fixture(scope="module", name="loaded")
def load(shared):
    shared.etl()
    return shared, Answers(shared.source / "log_data", shared.source / "song_data")


@pytest.fixture(scope="module", name="public")
def load_public(make_loaded):
    """The public data, if they are there, in a warehouse of their own."""
    folder = Path(os.environ.get("DWH_PUBLIC_DATA") or PROJECT.parent / "shared/data")
    if not (folder / "sparkify/log_data").is_dir():
        pytest.skip(f"the public data are not in {folder}; DWH_PUBLIC_DATA names another place")
    dwh = make_loaded(with_source=False)
    unpack(folder / "sparkify-full/song_data.tar.gz", dwh.source)
    dwh.set("S3", "LOG_DATA", str(folder / "sparkify/log_data"))
    dwh.etl()
    return dwh, Answers(folder / "sparkify/log_data", dwh.source / "song_data")


def test_every_question_is_compared(loaded):
    assert {name for name, _ in ASKED} | {"loads"} == set(QUESTIONS)
    assert [row["name"] for row in json.loads(
        report(loaded[0], "--list", "--format", "json").out)["questions"]] == [
            re.sub(r"^\d+_", "", path.stem)
            for path in sorted((PROJECT / "sql/report").glob("*.sql"))]


@pytest.mark.parametrize("name,params", ASKED, ids=str)
def test_answer_equals_the_independent_computation(loaded, name, params):
    dwh, answers = loaded
    assert_same(ask(dwh, name, **params), getattr(answers, name)(**params))


@pytest.mark.public
@pytest.mark.parametrize("name,params", ASKED, ids=str)
def test_answer_on_the_public_data(public, name, params):
    dwh, answers = public
    expected = getattr(answers, name)(**params)
    assert expected or params.get("days") == 100
    assert_same(ask(dwh, name, **params), expected)


def test_the_same_answers_from_model_history(loaded, make_loaded):
    history = make_loaded().choose("history")
    history.etl()
    names = [name for name in QUESTIONS if name != "loads"]
    args = (*names, "--format", "json")
    assert json.loads(report(history, *args).out) == json.loads(report(loaded[0], *args).out)


@pytest.mark.public
def test_known_answers_on_the_public_data(public):
    """What the description of the data and a look at it say, so that both sides cannot be wrong."""
    dwh, answers = public
    assert ask(dwh, "headline")[0] == {
        "plays": 6820, "listeners": 96, "paid_percent": 82.0, "matched_percent": 4.7,
        "songs": 14896, "artists": 9553, "first_day": "2018-11-01", "last_day": "2018-11-30"}
    assert ask(dwh, "top_songs", limit=1) == [
        {"title": "You're The One", "artist": "Dwight Yoakam", "plays": 37, "listeners": 22}]
    levels = {row["level"]: row["users_now"] for row in ask(dwh, "levels")}
    assert levels == {"free": 74, "paid": 22}
    assert sum(row["upgrades"] for row in ask(dwh, "level_changes")) == 8
    assert sum(row["downgrades"] for row in ask(dwh, "level_changes")) == 1
    day = "2018-11-15"
    assert_same(ask(dwh, "top_of_day", day=day), answers.top_of_day(day=day))
    assert_same(ask(dwh, "suggestions", user=15), answers.suggestions(user=15))
    assert ask(dwh, "suggestions", user=999) == []


def test_a_day_and_a_user_of_ones_choice(loaded):
    dwh, answers = loaded
    day = str(min(play.day for play in answers.matched()))
    assert_same(ask(dwh, "top_of_day", day=day), answers.top_of_day(day=day))
    assert ask(dwh, "top_of_day", day="1999-01-01") == []
    for user in (1, 2, 700, 999):
        assert_same(ask(dwh, "suggestions", user=user), answers.suggestions(user=user))


def test_loads_are_the_books_of_etl(loaded):
    dwh, _ = loaded
    (row,) = ask(dwh, "loads")
    records, rows = dwh.sql("SELECT records, rows_loaded FROM stage.etl_runs").split("|")
    assert (row["outcome"], row["records"], row["rows_loaded"], row["rejects"]) == (
        "published", int(records), int(rows), 0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["started_at"])


def test_the_overview(loaded):
    out = report(loaded[0]).out
    for title in ("At a glance", "Most played songs", "Most played artists", "Free against paid",
                  "The last runs of etl"):
        assert f"{title}\n\n" in out
    assert "█" not in out and "##" not in out, "plain when piped"
    asked = json.loads(report(loaded[0], "--format", "json").out)
    assert len(asked["top_songs"]) == 5
    assert len(json.loads(report(loaded[0], "--limit", "7", "--format", "json").out)
               ["top_songs"]) == 7


@pytest.mark.parametrize("expression,most", [
    ("CAST(start_time AS DATE)", 10), ("CAST(EXTRACT(hour FROM start_time) AS INTEGER)", 24),
    ("CAST(EXTRACT(dow FROM start_time) AS INTEGER)", 7)])
def test_the_planner_knows_how_few_days_and_hours_there_are(loaded, tmp_path, expression, most):
    """Else PostgreSQL expects a group for every moment, and leaves the work to one process."""
    dwh, _ = loaded
    script = tmp_path / "script.sql"
    script.write_text(f"SELECT {expression}, COUNT(*) FROM star.songplays GROUP BY {expression};")
    folder = Path(os.environ["DWH_BIN_DIR"])
    tool = next(path for path in (folder / "translate_tool", folder / "tests/translate_tool")
                if path.is_file())
    sql = json.loads(subprocess.run([tool, script], check=True, capture_output=True).stdout)["sql"]
    (plan,) = json.loads(dwh.sql(f"EXPLAIN (FORMAT JSON) {sql}"))
    assert plan["Plan"]["Plan Rows"] <= most


def test_csv_is_read_back_by_python(loaded):
    dwh, answers = loaded
    rows = list(csv.DictReader(io.StringIO(report(dwh, "metros", "--format", "csv").out)))
    assert [(row["area"], int(row["plays"])) for row in rows] == [
        (row["area"], row["plays"]) for row in answers.metros()]


def test_bars_on_a_terminal_within_its_width(loaded):
    dwh, _ = loaded
    leader, follower = pty.openpty()
    subprocess.run(["stty", "cols", "70"], stdin=follower, check=True)
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    subprocess.run(dwh.programs.command("report", "top_songs", "--quiet", cfg=dwh.cfg), env=env,
                   stdin=subprocess.DEVNULL, stdout=follower, stderr=subprocess.DEVNULL, check=True,
                   timeout=60)
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 65536):
            shown += chunk
    except OSError:  # the other side is closed: all is read
        pass
    os.close(leader)
    lines = shown.decode().splitlines()
    assert any(line.endswith("█" * 16) for line in lines)
    assert max(len(line) for line in lines) <= 70


def test_a_folder_of_ones_own(loaded, tmp_path):
    dwh, answers = loaded
    (tmp_path / "20_mine.sql").write_text(
        "-- title: Mine\n-- param: who number 8\n"
        "SELECT COUNT(*) AS plays FROM :\"star_schema\".songplays WHERE user_id = :who;\n")
    (tmp_path / "top_songs.sql").write_text("SELECT 'instead' AS title\n")
    args = ("--sql-dir", tmp_path, "--format", "json")
    assert json.loads(report(dwh, "mine", *args, "--set", "who=1").out) == {
        "mine": [{"plays": sum(play.user == 1 for play in answers.plays)}]}
    assert json.loads(report(dwh, "top_songs", *args).out) == {"top_songs": [{"title": "instead"}]}
    names = [row["name"] for row in json.loads(report(dwh, "--list", *args).out)["questions"]]
    assert names[-1] == "mine" and names.count("top_songs") == 1


@pytest.mark.parametrize("args,words", [
    (["top_song"], "unknown question 'top_song'; did you mean 'top_songs'?"),
    (["top_songs", "--set", "lmit=3"], "has a parameter 'lmit'; did you mean 'limit'?"),
    (["top_songs", "--limit", "1; DROP TABLE x"], "is not a whole number"),
    (["top_of_day", "--set", "day=2018-11-31"], "is not a day"),
    (["top_of_day", "--set", "day"], "is not name=value"),
    (["top_songs", "hours", "--format", "csv"], "CSV holds one answer"),
    (["top_songs", "--format", "jsn"], "did you mean 'json'?"),
    (["--sql-dir", "/nowhere"], "no questions in /nowhere"),
    (["--timeout", "-1"], "--timeout"),
])
def test_what_is_wrong_is_told_before_anything_is_asked(tmp_path, run, args, words):
    done = run("report", *args, cfg=tmp_path / "there-is-none.cfg", check=2)
    assert words in done.err and done.out == ""


def own(tmp_path, sql: str) -> list:
    (tmp_path / "own.sql").write_text(sql)
    return ["own", "--sql-dir", tmp_path]


def test_a_question_cannot_change_anything(loaded, tmp_path):
    dwh, _ = loaded
    before = dwh.content()
    done = report(dwh, *own(tmp_path, "DELETE FROM star.users"), check=2)
    assert "not a SELECT" in done.err
    dwh.sql("CREATE SEQUENCE public.counter")
    sql = "SELECT * INTO public.copied FROM star.users"
    assert "read-only transaction" in report(dwh, *own(tmp_path, sql), check=1).err
    assert dwh.content() == before


def test_timeout(loaded, tmp_path):
    sql = "SELECT COUNT(*) FROM " + ", ".join(f"star.songs {name}" for name in "abcdef")
    done = report(loaded[0], *own(tmp_path, sql), "--timeout", "1", check=1)
    assert "question own was given up after 1 s" in done.err and "hint: --timeout" in done.err


def test_a_chart_of_columns_that_are_not_there(loaded, tmp_path):
    done = report(loaded[0], *own(tmp_path, "-- chart: bars a c\nSELECT 1 AS a, 2 AS b"), check=2)
    assert "the chart names column 'c'" in done.err and "The answer has a, b." in done.err


def test_an_empty_warehouse_and_none(dwh):
    out = report(dwh).out
    assert re.search(r"plays +0\n", out) and "(no rows)" in out
    for name in QUESTIONS:
        assert name == "headline" or ask(dwh, name) == []
    dwh.sql("DROP TABLE star.songplays")
    done = report(dwh, "top_songs", check=1)
    assert "question top_songs: the warehouse lacks a table" in done.err
    assert "create_tables --if-missing" in done.err
