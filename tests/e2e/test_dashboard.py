"""The dashboard in a real browser: it draws, sorts, asks for nothing, and names stay text."""

import json
import re
import stat

import pytest

from support.browser import Browser
from support.sparkify import milliseconds, play, song_file, write_json

pytestmark = [pytest.mark.db]

HOSTILE = "</script><img src=x onerror=\"window.hurt = 1\"><!-- {{script}} <b>&amp;"
SCREENS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
PLACES = ["San Francisco-Oakland-Hayward, CA", "New York-Newark-Jersey City, NY-NJ-PA", "Waco, TX"]


def report(dwh, *args, **kwargs):
    return dwh.programs.run("report", *args, cfg=dwh.cfg, **kwargs)


@pytest.fixture(scope="module", name="page")
def make_page(shared):
    """A dashboard of data with a song that would like to be a script."""
    song = song_file(990, title=HOSTILE, artist_name="'); alert(1); //", duration=123.5)
    write_json(shared.source / "song_data/A/B/TRHOSTILE.json", [song])
    # The latest days of all, so that the song is in every list; between them days without plays.
    events = [play(song, userId=str(number % 7 + 1), firstName="<i>Zoë</i>",
                   lastName="O'Brien & \"Co\"", location=PLACES[number % 3],
                   ts=milliseconds(f"2021-01-{2 + 2 * (number % 9):02}", 3_600_000 * (number % 24)))
              for number in range(60)]
    write_json(shared.source / "log_data/2021/01/2021-01-09-events.json", events)
    shared.etl()
    path = shared.folder / "dashboard.html"
    path.write_text("an older one")
    done = report(shared, "--html", path)
    assert re.search(r"Wrote \d+ answers into .*dashboard.html \(\d+ kB\)", done.err)
    assert done.out == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    return path


@pytest.fixture(scope="module", name="browser")
def make_browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module", name="answers")
def read_answers(shared, page):  # pylint: disable=unused-argument
    """What the page must hold, by another way out of the same questions."""
    names = [row["name"] for row in json.loads(
        report(shared, "--list", "--format", "json").out)["questions"]]
    return json.loads(report(shared, *names, "--format", "json").out)


# For each canvas: the values Chart.js holds, and how many pixels are not of the background.
DRAWN = """
  return [...document.querySelectorAll("canvas")].map((canvas) => {
    const chart = Chart.getChart(canvas);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
    const bars = chart.data.datasets.flatMap((_, i) => chart.getDatasetMeta(i).data)
      .filter((item) => Number.isFinite(item.x) && Number.isFinite(item.y));
    return { name: canvas.closest(".card").dataset.name, painted, items: bars.length,
             label: canvas.getAttribute("aria-label"), width: canvas.clientWidth,
             values: chart.data.datasets.map((set) => set.data) };
  });"""


@pytest.mark.parametrize("width,scheme", SCREENS)
def test_everything_is_drawn(browser, page, answers, tmp_path, width, scheme):
    browser.open(page, width, scheme)
    assert browser.noticed() == []
    charts = {chart["name"]: chart for chart in browser.js(DRAWN)}
    assert set(charts) == {"plays_by_day", "top_songs", "top_artists", "artists_with_most_songs",
                           "trending_songs", "top_of_day", "levels", "level_changes", "sessions",
                           "metros", "devices", "browsers", "match_rate"}
    for name, chart in charts.items():
        assert chart["painted"] > 1000 and chart["items"] > 0, name
        assert chart["label"].startswith("Chart: "), name
        assert 250 < chart["width"] <= width, name
    for name, column in (("top_songs", "plays"), ("metros", "plays"), ("sessions", "sessions"),
                         ("levels", "plays")):
        assert charts[name]["values"] == [[row[column] for row in answers[name]]], name
    # Days without plays are drawn as zeros, and none is lost.
    paid = charts["plays_by_day"]["values"][1]
    assert sum(paid) == sum(row["paid"] for row in answers["plays_by_day"])
    assert len(paid) > len(answers["plays_by_day"])
    browser.screenshot(tmp_path / f"{width}-{scheme}.png")
    fits = browser.js("return document.documentElement.scrollWidth <= innerWidth")
    assert fits, "nothing but tables scrolls sideways"


def test_figures_heat_map_and_states(browser, page, answers):
    browser.open(page)
    figures = browser.js("return [...document.querySelectorAll('.figures dd')]"
                         ".map((node) => node.textContent)")
    headline = answers["headline"][0]
    assert figures[:2] == [f"{headline[name]:,}" for name in ("plays", "listeners")]
    assert figures[2] == f"{headline['paid_percent']:.1f} %"
    cells = browser.js("return [...document.querySelectorAll('.heat tbody td')].map((cell) =>"
                       " [cell.textContent, cell.style.backgroundColor])")
    hours = [row["hour"] for row in answers["hours"]]
    days = {row["weekday"] for row in answers["hours"]}
    assert len(cells) == (max(hours) - min(hours) + 1) * len(days)
    assert sum(int(text) for text, _ in cells) == headline["plays"]
    assert len({shade for _, shade in cells}) > 5
    tiles = browser.js("return [...document.querySelectorAll('.states li')].map((tile) =>"
                       " [tile.getAttribute('aria-label'), tile.style.backgroundColor])")
    assert len(tiles) == 51
    known = {row["state"]: row["plays"] for row in answers["states"]}
    labels = [label for label, _ in tiles]
    assert f"California: {known['CA']:,} plays" in labels
    assert f"New York: {known['NY']:,} plays" in labels and "Alaska: 0 plays" in labels
    elsewhere = headline["plays"] - sum(known[state] for state in ("CA", "NY", "TX", "AZ")
                                        if state in known)
    assert browser.js("return document.body.textContent").count(
        f"Elsewhere: {elsewhere:,} plays.") == 1


def test_a_table_behind_every_picture(browser, page, answers):
    browser.open(page)
    tables = browser.js("""return Object.fromEntries([...document.querySelectorAll(".card")].map(
        (card) => [card.dataset.name, [...card.querySelectorAll(".rows tbody tr")].length]))""")
    assert tables == {name: len(rows) for name, rows in answers.items()}
    def count(selector: str) -> int:
        return browser.js("return document.querySelectorAll(arguments[0]).length", selector)
    assert count(".plot + details .rows") == count(".plot") > 10


def column(browser, name: str, at: int) -> list[str]:
    return browser.js("""return [...document.querySelectorAll(
        `[data-name=${arguments[0]}] .rows tbody tr`)].map((row) => row.cells[arguments[1]]
        .textContent)""", name, at)


def press(browser, name: str, at: int, key: str) -> str:
    """Presses a header by the keyboard; how the column is sorted then."""
    button = browser.js("""
        const card = document.querySelector(`[data-name=${arguments[0]}]`);
        const details = card.querySelector("details");
        if (details) details.open = true;
        const button = card.querySelectorAll(".rows th button")[arguments[1]];
        button.focus();
        return button;""", name, at)
    button.send_keys(key)
    return browser.js("return arguments[0].parentElement.getAttribute('aria-sort')", button)


def test_sorting(browser, page, answers):
    browser.open(page)
    rows = answers["metros"]
    plays = [row["plays"] for row in rows]
    assert press(browser, "metros", 1, " ") == "descending"
    assert [int(text.replace(",", "")) for text in column(browser, "metros", 1)] == sorted(
        plays, reverse=True)
    assert press(browser, "metros", 1, "\ue007") == "ascending"
    assert [int(text.replace(",", "")) for text in column(browser, "metros", 1)] == sorted(plays)
    assert press(browser, "metros", 0, " ") == "ascending"
    assert sorted(column(browser, "metros", 0)) == sorted(row["area"] for row in rows)
    assert column(browser, "metros", 0) != [row["area"] for row in rows]
    sorted_columns = browser.js("return document.querySelectorAll("
                                "'[data-name=metros] [aria-sort]').length")
    assert sorted_columns == 1
    # What is missing stands last either way.
    for _ in range(2):
        press(browser, "artists_with_most_songs", 2, " ")
        years = column(browser, "artists_with_most_songs", 2)
        assert "–" not in years[:len(years) - years.count("–")]


def test_hostile_names_stay_text(browser, page, answers):
    text = page.read_text(encoding="utf-8")
    assert answers["top_songs"][0]["title"] == HOSTILE
    assert "onerror=\"" not in text and "<img" not in text
    assert text.count("</script>") == 3
    browser.open(page)
    assert browser.js("return window.hurt ?? null") is None
    assert browser.js("return document.querySelectorAll('img, i:not(.legend i)').length") == 0
    assert HOSTILE in column(browser, "top_songs", 0)
    assert "<i>Zoë</i> O'Brien & \"Co\"" in column(browser, "anniversaries", 3)
    assert browser.noticed() == []


def test_nothing_leaves_the_file_nor_could(browser, page):
    browser.open(page)
    asked = [url for url in browser.requests() if not url.startswith("data:")]
    assert asked == [page.as_uri()]
    browser.js("""
        new Image().src = "http://127.0.0.1:9/leak";
        fetch("http://127.0.0.1:9/leak").catch(() => 0);
        const script = document.createElement("script");
        script.textContent = "window.hurt = 2";
        document.body.append(script);""")
    assert browser.js("return window.hurt ?? null") is None
    refusals = "\n".join(browser.noticed())
    for directive in ("img-src", "default-src", "script-src"):
        assert directive in refusals


def test_colours_follow_the_persons_taste_and_paper(browser, page):
    def look() -> dict:
        return browser.js("""
            const style = getComputedStyle(document.body);
            const chart = Chart.getChart(document.querySelector("[data-name=top_songs] canvas"));
            return { page: style.backgroundColor, text: style.color,
                     bar: chart.data.datasets[0].backgroundColor };""")
    browser.open(page, 1440, "light")
    light = look()
    browser.prefer("dark")
    dark = look()
    assert all(light[part] != dark[part] for part in light)
    for look_of in (light, dark):
        assert contrast(look_of["page"], look_of["text"]) > 7
        assert contrast(look_of["page"], look_of["bar"]) > 3
    # Printed from the dark: in light colours, and the canvases no wider than a sheet.
    browser.js("dispatchEvent(new Event('beforeprint'))")
    assert look() == light
    assert max(chart["width"] for chart in browser.js(DRAWN)) < 700
    browser.js("dispatchEvent(new Event('afterprint'))")
    assert look() == dark
    assert max(chart["width"] for chart in browser.js(DRAWN)) > 1000


def contrast(one: str, other: str) -> float:
    """WCAG 2: from 1 to 21."""
    def luminance(color: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_an_empty_warehouse_has_a_page_too(browser, dwh, page):  # pylint: disable=unused-argument
    path = dwh.folder / "empty.html"
    report(dwh, "--html", path)
    browser.open(path)
    assert browser.noticed() == []
    assert browser.js("return document.querySelectorAll('.nothing').length") > 10


def test_some_questions_only_and_ones_own(browser, dwh, tmp_path):
    (tmp_path / "mine.sql").write_text(
        "-- title: Mine\n-- chart: columns name plays\n"
        "SELECT 'a' AS name, 3 AS plays UNION ALL SELECT NULL, 4 ORDER BY plays\n")
    path = tmp_path / "mine.html"
    report(dwh, "headline", "mine", "--sql-dir", tmp_path, "--html", path)
    browser.open(path)
    assert browser.noticed() == []
    assert [chart["values"] for chart in browser.js(DRAWN)] == [[[3, 4]]]
    assert browser.js("return [...document.querySelectorAll('h2')].map((n) => n.textContent)") == [
        "Overview", "More questions"]


def test_what_is_missing_is_told_and_an_old_file_stays(dwh, tmp_path):
    path = tmp_path / "d.html"
    path.write_text("old")
    (tmp_path / "bad.sql").write_text("SELECT no_such_column FROM star.songs\n")
    report(dwh, "bad", "--sql-dir", tmp_path, "--html", path, check=1)
    assert path.read_text() == "old"
    done = report(dwh, "--html", tmp_path / "no/where.html", check=1)
    assert "no/where.html" in done.err
