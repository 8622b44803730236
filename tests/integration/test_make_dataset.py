"""bench/make_dataset: its bytes, its odd cases and the answers it prints.

Everything is read back here with Python's own JSON reader, so the generator's counting is checked
by code that shares nothing with it. DWH_BUILD_DIR names the build folder.
"""

import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess

import pytest

EVENTS = 40_000
SONGS = 1_500
FILES = 33  # Goes on into December.
EVENT_KEYS = (
    "artist auth firstName gender itemInSession lastName length level location method page "
    "registration sessionId song status ts userAgent userId"
).split()
SONG_KEYS = (
    "artist_id artist_latitude artist_location artist_longitude artist_name duration num_songs "
    "song_id title year"
).split()
PERSONAL = ("firstName", "lastName", "gender", "location", "registration", "userAgent")
DAY_MS = 86_400_000


def program():
    return pathlib.Path(os.environ["DWH_BUILD_DIR"]) / "bench" / "make_dataset"


def make(directory, *options):
    done = subprocess.run(
        [program(), directory, *map(str, options)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def digest(directory):
    total = hashlib.sha256()
    for path in sorted(directory.rglob("*.json")):
        total.update(f"{path.relative_to(directory)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def strict_pairs(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key twice: {keys}"
    # Numbers are kept as written: what the loader must put into a VARCHAR.
    return dict(pairs)


class Number(str):
    """A JSON number, as its text."""


def refuse_constant(name):
    raise AssertionError(f"{name} is not JSON")


def parse(text):
    return json.loads(
        text,
        object_pairs_hook=strict_pairs,
        parse_int=Number,
        parse_float=Number,
        parse_constant=refuse_constant,
    )


class Dataset:
    def __init__(self, directory, answers):
        self.directory = directory
        self.answers = answers
        self.log_files = sorted(directory.glob("log_data/*/*/*.json"))
        self.song_files = sorted(directory.glob("song_data/*/*/*/*.json"))
        self.raw = {path: path.read_bytes() for path in self.log_files + self.song_files}
        self.days = [
            [parse(line) for line in self.raw[path].split(b"\n")] for path in self.log_files
        ]
        self.events = [event for day in self.days for event in day]
        self.plays = [event for event in self.events if event["page"] == "NextSong"]
        self.songs = [parse(self.raw[path]) for path in self.song_files]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    directory = tmp_path_factory.mktemp("dataset") / "new"
    answers = make(directory, "--events", EVENTS, "--songs", SONGS, "--files", FILES)
    return Dataset(directory, answers)


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path):
    size = ("--events", 3000, "--songs", 200, "--files", 3)
    first = make(tmp_path / "a", *size, "--seed", 7)
    again = make(tmp_path / "b", *size, "--seed", 7)
    other = make(tmp_path / "c", *size, "--seed", 8)
    assert first == again
    assert first != other
    digests = [digest(tmp_path / name) for name in "abc"]
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


def test_bytes_are_those_of_every_other_machine(tmp_path):
    make(tmp_path / "d", "--events", 3000, "--songs", 200, "--files", 3, "--seed", 7)
    assert digest(tmp_path / "d") == (
        "076463b8b05204fe95648d35bab9920b55a9dcd3bb0161add76d25fcf61bb0c7"
    )


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine").write_text("x")
    done = subprocess.run(
        [program(), tmp_path, "--events", "50"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_sizes_are_those_asked_for(data):
    answers = data.answers
    assert len(data.events) == answers["staging_events"] == EVENTS
    assert len(data.songs) == answers["staging_songs"] == answers["songs"] == SONGS
    assert len(data.log_files) == answers["log_files"] == FILES
    assert sum(len(data.raw[p]) for p in data.log_files) == answers["log_bytes"]
    assert sum(len(data.raw[p]) for p in data.song_files) == answers["song_bytes"]
    assert 450 <= answers["log_bytes"] / EVENTS <= 500


def test_one_file_holds_everything_when_asked(tmp_path):
    make(tmp_path / "d", "--events", 500, "--songs", 1, "--files", 1)
    (path,) = (tmp_path / "d" / "log_data").rglob("*.json")
    assert path.name == "2018-11-01-events.json"
    assert path.read_bytes().count(b"\n") == 499


def test_plays_users_and_times_are_counted_right(data):
    latest = {play["userId"]: play["level"] for play in sorted(data.plays, key=lambda p: p["ts"])}
    levels = collections.Counter(latest.values())
    assert len(data.plays) == data.answers["songplays"]
    assert len(latest) == data.answers["users"]
    assert levels == {
        "free": data.answers["free_users"],
        "paid": data.answers["paid_users"],
    }
    assert len({play["ts"] for play in data.plays}) == data.answers["time"]


def test_matches_and_artists_are_counted_right(data):
    catalogue = collections.Counter(
        (song["title"].rstrip(" "), song["artist_name"].rstrip(" "), float(song["duration"]))
        for song in data.songs
    )
    assert max(catalogue.values()) == 1
    keys = [
        (play["song"].rstrip(" "), play["artist"].rstrip(" "), float(play["length"]))
        for play in data.plays
    ]
    assert sum(catalogue[key] for key in keys) == data.answers["matched"]
    assert 0.03 < data.answers["matched"] / len(keys) < 0.07
    assert len({song["artist_id"] for song in data.songs}) == data.answers["artists"]
    assert len({song["song_id"] for song in data.songs}) == SONGS
    # Some matches need the blanks at the end ignored, the number read as text, the control
    # character kept; some plays differ in the length or in the artist alone.
    matched = [key for key in keys if key in catalogue]
    exact = {(s["title"], s["artist_name"], float(s["duration"])) for s in data.songs}
    plain = {(p["song"], p["artist"], float(p["length"])) for p in data.plays}
    assert {key for key in matched} - (exact & plain)
    assert any(title.isdigit() for title, _, _ in matched)
    assert any("\x19" in title for title, _, _ in matched)
    titles_and_artists = {key[:2] for key in catalogue}
    assert any(key not in catalogue and key[:2] in titles_and_artists for key in keys)
    titles_and_lengths = {(key[0], key[2]) for key in catalogue}
    assert any(
        key not in catalogue and key[1].isascii() and (key[0], key[2]) in titles_and_lengths
        for key in keys
    )


def test_event_files_have_the_shape_of_the_source(data):
    for path, day in zip(data.log_files, data.days):
        raw = data.raw[path]
        assert raw.isascii() and b"\r" not in raw and not raw.endswith(b"\n") and b"\n\n" not in raw
        times = [int(event["ts"]) for event in day]
        assert times == sorted(times)
        assert len({t // DAY_MS for t in times}) == 1
    names = [str(path.relative_to(data.directory / "log_data")) for path in data.log_files]
    assert names[0] == "2018/11/2018-11-01-events.json"
    assert names[-1] == "2018/12/2018-12-03-events.json"
    for event in data.events:
        assert list(event) == EVENT_KEYS
        assert type(event["ts"]) is Number and re.fullmatch(r"\d{13}", event["ts"])
        assert type(event["userId"]) is str
    assert len({int(event["ts"]) % 1000 for event in data.events}) > 900
    assert len({(e["sessionId"], e["itemInSession"]) for e in data.events}) == EVENTS
    assert len({(p["ts"], p["userId"]) for p in data.plays}) == len(data.plays)
    assert len(data.plays) - len({p["ts"] for p in data.plays}) > 0


def test_pages_and_logged_out_events_are_as_in_the_source(data):
    for event in data.events:
        play = event["page"] == "NextSong"
        assert (event["song"] is None) == (event["artist"] is None) == (event["length"] is None)
        assert play == (event["song"] is not None)
        out = event["auth"] == "Logged Out"
        assert out == (event["userId"] == "")
        assert all((event[key] is None) == out for key in PERSONAL)
        assert out or re.fullmatch(r"\d{13}\.0", event["registration"])
        assert event["level"] in ("free", "paid")
    pages = collections.Counter(event["page"] for event in data.events)
    assert set(pages) == set(
        "NextSong,Home,Login,Logout,Downgrade,Settings,Help,About,Upgrade,Save Settings,Error,"
        "Submit Upgrade,Submit Downgrade".split(",")
    )
    assert 0.82 < pages["NextSong"] / EVENTS < 0.87
    assert 0.02 < sum(e["userId"] == "" for e in data.events) / EVENTS < 0.06
    both = collections.defaultdict(set)
    for event in data.events:
        both[event["sessionId"]].add(event["userId"] == "")
    assert {True, False} in both.values()
    everyone = {event["userId"] for event in data.events} - {""}
    assert everyone - {play["userId"] for play in data.plays}


def test_users_change_level_and_share_names(data):
    history = collections.defaultdict(list)
    names = {}
    for play in data.plays:
        levels = history[play["userId"]]
        if not levels or levels[-1] != play["level"]:
            levels.append(play["level"])
        names[play["userId"]] = (play["firstName"], play["lastName"])
    seen = {tuple(levels) for levels in history.values()}
    assert {("free",), ("paid",), ("free", "paid"), ("paid", "free")} <= seen
    assert any(levels[:3] == ("paid", "free", "paid") for levels in seen)
    assert len(set(names.values())) < len(names)


def test_event_text_has_the_odd_cases(data):
    raw = b"".join(data.raw[path] for path in data.log_files)
    assert rb"Mozilla\/5.0" in raw and rb"AppleWebKit/" not in raw
    agents = {e["userAgent"] for e in data.events} - {None}
    assert {agent.startswith('"') for agent in agents} == {True, False}
    texts = {play["song"] for play in data.plays} | {play["artist"] for play in data.plays}
    foreign = {text for text in texts if not text.isascii()}
    assert foreign
    for text in foreign:  # UTF-8 read as Latin-1, two times.
        text.encode("latin-1").decode("utf-8").encode("latin-1").decode("utf-8")
    assert any("\x19" in text for text in texts)
    assert any(text.endswith(" ") for text in texts)
    assert any(text.startswith(" ") for text in texts)
    assert any(text.endswith("\xa0") for text in texts)
    assert any(text.count('"') == 1 for text in texts)
    assert any("'" in text for text in texts)


def test_song_files_have_the_shape_of_the_source(data):
    for path, song in zip(data.song_files, data.songs):
        raw = data.raw[path]
        assert raw.isascii() and not raw.endswith(b"\n") and raw.startswith(b'{"artist_id":"')
        assert list(song) == SONG_KEYS
        assert len(song["song_id"]) == len(song["artist_id"]) == len(path.stem) == 18
        assert path.stem[2:5] == "".join(path.relative_to(data.directory).parts[1:4])
        assert (song["artist_latitude"] is None) == (song["artist_longitude"] is None)
        assert type(song["duration"]) is Number and "." in song["duration"]
        assert type(song["year"]) is Number
    paths = json.loads((data.directory / "log_json_path.json").read_text())
    assert paths == {"jsonpaths": [f"$['{key}']" for key in EVENT_KEYS]}


def test_song_values_have_the_odd_cases(data):
    songs = data.songs
    numbers = {
        key: [s[key] for s in songs if type(s[key]) is Number]
        for key in ("title", "artist_name", "artist_location")
    }
    assert all(numbers.values())
    assert "4.6" in numbers["title"]
    locations = [song["artist_location"] for song in songs]
    assert locations.count(None) >= 1 and locations.count("") > SONGS / 4
    known = [location for location in locations if location is not None]
    for trap in ("\ufffd", "\t", "<a href=", "|"):
        assert any(trap in location for location in known), trap
    assert " " in known
    assert any(location.strip(" ") and location.endswith(" ") for location in known)
    titles = [song["title"] for song in songs]
    assert any("\x19" in title for title in titles)
    assert any(title.endswith("\xa0") for title in titles)
    assert any(title.startswith(" ") for title in titles)
    assert any(not title.isascii() for title in titles)
    assert 0.2 < sum(song["year"] == "0" for song in songs) / SONGS < 0.45
    assert 0.5 < sum(song["artist_latitude"] is None for song in songs) / SONGS < 0.8


def test_artists_repeat_and_differ(data):
    names, places, ids = (collections.defaultdict(set) for _ in range(3))
    for song in data.songs:
        names[song["artist_id"]].add(song["artist_name"])
        ids[song["artist_name"]].add(song["artist_id"])
        places[song["artist_id"]].add((song["artist_location"], song["artist_latitude"]))
    assert max(map(len, names.values())) > 1
    assert max(map(len, places.values())) > 1
    assert max(map(len, ids.values())) > 1
    twice = collections.Counter((song["title"], song["artist_name"]) for song in data.songs)
    assert max(twice.values()) > 1
