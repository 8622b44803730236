"""Random histories of a source: how its objects come, change, vanish and come back between runs.

A history is a list of steps. What a step does is drawn from its own seed and from the source as it
finds it, so that any part of a history is a history too, and a failing one can be shortened.
Values come from small pools: everything meets everything again and again.
"""

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.sparkify import identity, milliseconds, play, song_file
from support.versions import star_of

# Turns of weeks and of a year, and moments that differ in a millisecond. 23:59:59.999 is the last.
MOMENTS = [milliseconds(day, time) for day, time in [
    ("2018-11-04", 0), ("2018-11-15", 1), ("2018-12-30", 86_399_999), ("2018-12-31", 0),
    ("2018-12-31", 1), ("2018-12-31", 3_599_999), ("2018-12-31", 3_600_000),
    ("2019-01-06", 43_200_000), ("2020-02-29", 3_600_000), ("2021-01-01", 5), ("2021-01-01", 6)]]
USERS = ["1", "2", "3", "4", "5"]
SESSIONS = [7, 7, 8, 9, None]
ITEMS = [0, 0, 1, 2, None]
LEVELS = ["free", "paid", "free", "paid", None, ""]
FIRST_NAMES = ["Lily", "Lily ", "Zoë", "adam", "Adam", None, " "]
TITLES = ["Intro", "Intro ", "intro", "Señor", "1888", 1888, None, "", "  "]
BANDS = ["Band", "Band  ", "band", "311", 311, "Łódź", None, ""]
LENGTHS = [200.5, 200.50001, 181.21098, 30, None]
SONG_IDS = [f"SO{number}" for number in range(8)] + ["SOa", "SO "]
ARTIST_IDS = [f"AR{number}" for number in range(5)]
PLACES = ["Oslo", "oslo", "", None, "Tokyo|199 \"x\\y\""]
COORDINATES = [None, 0.0, -12.5, 59.91273]
YEARS = [None, 0, 1999, 2000, 2001]

# What COPY refuses: a value of the wrong type, none where one is due, and what is no JSON.
BROKEN_EVENTS = [{"status": "broken"}, {"ts": None}, {"page": None}]
BROKEN_SONGS = [{"num_songs": "broken"}, {"song_id": None}, {"artist_id": None}]
NO_JSON = "this is no JSON"

LARGEST = "log_data/first.json"

# The contents of an object: records, and lines that are none.
Lines = list[dict | str]


def is_good(line: dict | str) -> bool:
    """Would COPY take it?"""
    if isinstance(line, str):
        return False
    faults = BROKEN_SONGS if "song_id" in line else BROKEN_EVENTS
    return not any(line[key] == value for fault in faults for key, value in fault.items())


@dataclass(frozen=True)
class Step:
    """One thing that happens: an edit of the source or a run."""

    kind: str
    seed: int


@dataclass(frozen=True)
class Content:
    """An object as it was written: another size or time makes it another version."""

    lines: Lines
    version: tuple[int, int]

    @property
    def good(self) -> list[dict]:
        return [line for line in self.lines if is_good(line)]


Objects = dict[str, Content]


def put(path: Path, lines: Lines) -> None:
    """One record a line, ASCII, no line break at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line)
                              for line in lines), encoding="ascii")


class Source:
    """A folder of objects, and what they hold. `versions` keeps what each name ever held."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.objects: Objects = {}
        self.versions: dict[str, list[Content]] = {}
        # Two that never vanish: a source without any object is refused. The first is larger than
        # all others together, so that what changes is less than what stays.
        self.write(LARGEST, [play(userId="1", ts=MOMENTS[0]), *[play(page="Home")] * 60])
        self.write("song_data/first.json", [song_file(0, song_id="SO0", artist_id="AR0")])

    def write(self, name: str, lines: Lines, time_ns: int | None = None) -> None:
        """Writes an object, which gets the time of now unless another is given."""
        path = self.folder / name
        put(path, lines)
        versions = self.versions.setdefault(name, [])
        time_ns = path.stat().st_mtime_ns if time_ns is None else time_ns
        # The kernel's clock ticks slowly: two writings may bear one time, but not to be told apart.
        version = (path.stat().st_size, time_ns)
        while any(old.version == version and old.lines != lines for old in versions):
            version = (version[0], version[1] + 1)
        os.utime(path, ns=(version[1], version[1]))
        self.objects[name] = Content(lines, version)
        versions.append(self.objects[name])

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()
        del self.objects[name]

    def names(self, part: str = "") -> list[str]:
        return sorted(name for name in self.objects if name.startswith(part))

    def records(self, part: str) -> list[dict]:
        return [record for name in self.names(part) for record in self.objects[name].good]

    def gone(self) -> list[str]:
        return sorted(self.versions.keys() - self.objects.keys())


def star_of_objects(model: str, objects: Objects) -> dict[str, list[list]]:
    """What the star must be for what these objects hold."""
    events, songs = [], []
    for name, content in objects.items():
        (songs if name.startswith("song_data") else events).extend(content.good)
    return star_of(model, events, songs)


# Records


def new_song(rng: random.Random, source: Source) -> dict:
    song = song_file(
        0, song_id=rng.choice(SONG_IDS), artist_id=rng.choice(ARTIST_IDS),
        artist_name=rng.choice(BANDS), title=rng.choice(TITLES), duration=rng.choice(LENGTHS),
        year=rng.choice(YEARS), artist_location=rng.choice(PLACES),
        artist_latitude=rng.choice(COORDINATES), artist_longitude=rng.choice(COORDINATES))
    plays = source.records("log_data")
    if plays and rng.random() < 0.5:  # the song of a play that is already there
        one = rng.choice(plays)
        song |= {"title": padded(rng, one["song"]), "artist_name": padded(rng, one["artist"]),
                 "duration": one["length"]}
    return song


def padded(rng: random.Random, text):
    """Sometimes with a blank more at the end, which makes no difference to a match."""
    return f"{text} " if isinstance(text, str) and rng.random() < 0.2 else text


def new_event(rng: random.Random, source: Source) -> dict:
    songs = source.records("song_data")
    event = play(
        rng.choice(songs) if songs and rng.random() < 0.6 else None,
        ts=rng.choice(MOMENTS), userId=rng.choice(USERS), sessionId=rng.choice(SESSIONS),
        itemInSession=rng.choice(ITEMS), level=rng.choice(LEVELS),
        firstName=rng.choice(FIRST_NAMES), lastName=rng.choice(FIRST_NAMES),
        gender=rng.choice(["F", "M", None]), location=rng.choice(PLACES),
        userAgent=rng.choice(PLACES))
    if rng.random() < 0.7:  # or a user would be another one at every play
        event |= {"firstName": rng.choice(["Lily", "Lily "]), "lastName": event["userId"],
                  "gender": "F", "level": rng.choice(["free", "paid"])}
    event |= {"song": padded(rng, event["song"]), "artist": padded(rng, event["artist"])}
    if rng.random() < 0.3:
        event |= {"song": rng.choice(TITLES), "artist": rng.choice(BANDS),
                  "length": rng.choice(LENGTHS)}
    if rng.random() < 0.15:
        event |= {"page": rng.choice(["Home", "nextsong"])}
    return event


def new_record(rng: random.Random, source: Source, part: str) -> dict:
    return (new_song if part == "song_data" else new_event)(rng, source)


def changed_record(rng: random.Random, source: Source, record: dict) -> dict:
    """The same in a few keys only, or, of an event, in all that is no part of its identity."""
    fresh = new_record(rng, source, "song_data" if "song_id" in record else "log_data")
    if "ts" in record and rng.random() < 0.4:
        kept = {key: record[key] for key in ("ts", "userId", "sessionId", "itemInSession", "page")}
        return fresh | kept
    return record | {key: fresh[key] for key in rng.sample(sorted(record), rng.randint(1, 4))}


def broken_line(rng: random.Random, source: Source, part: str) -> dict | str:
    if rng.random() < 0.3:
        return NO_JSON
    faults = BROKEN_SONGS if part == "song_data" else BROKEN_EVENTS
    return new_record(rng, source, part) | rng.choice(faults)


# Edits: functions of a generator of random numbers and a source


def any_part(rng: random.Random) -> str:
    return rng.choice(["log_data", "log_data", "song_data"])


def part_of(name: str) -> str:
    return name.partition("/")[0]


def new_name(rng: random.Random, source: Source, part: str) -> str:
    """A name that sorts anywhere among the others, new folders among them."""
    folder = rng.choice(["", "2018/11/", "2018/12/", "a/", "z/"])
    taken = len(source.versions)
    return f"{part}/{folder}{rng.choice('abyz')}{taken}.json"


def odd_time(rng: random.Random) -> int | None:
    """Mostly now; else a time in the past or in the future, as clocks that jump leave behind."""
    return rng.randrange(10**17, 4 * 10**18) if rng.random() < 0.2 else None


def pick(rng: random.Random, source: Source, part: str | None = None) -> str:
    names = source.names(part or any_part(rng))
    return rng.choice([name for name in names if name != LARGEST] or [LARGEST])


def add(rng: random.Random, source: Source) -> None:
    part = any_part(rng)
    lines = [new_record(rng, source, part) for _ in range(rng.choice([1, 1, 2, 3, 5]))]
    source.write(new_name(rng, source, part), lines, odd_time(rng))


def append(rng: random.Random, source: Source) -> None:
    name = pick(rng, source)
    more = [new_record(rng, source, part_of(name)) for _ in range(rng.randint(1, 3))]
    source.write(name, source.objects[name].lines + more, odd_time(rng))


def change(rng: random.Random, source: Source) -> None:
    name = pick(rng, source)
    lines = [changed_record(rng, source, line) if is_good(line) and rng.random() < 0.5 else line
             for line in source.objects[name].lines]
    source.write(name, lines, odd_time(rng))


def drop_lines(rng: random.Random, source: Source) -> None:
    name = pick(rng, source)
    lines = [line for line in source.objects[name].lines if rng.random() < 0.5]
    source.write(name, lines, odd_time(rng))


def only_other_pages(rng: random.Random, source: Source) -> None:
    name = pick(rng, source, "log_data")
    source.write(name, [line | {"page": "Home"} for line in source.objects[name].good])


def drop_latest(rng: random.Random, source: Source) -> None:
    """A user's latest plays are gone, and with them what is known of the user."""
    user = rng.choice(USERS)
    latest = max((event["ts"] for event in source.records("log_data") if event["userId"] == user),
                 default=None)
    for name in source.names("log_data"):
        lines = source.objects[name].lines
        kept = [line for line in lines if not is_good(line) or name == LARGEST
                or (line["userId"], line["ts"]) != (user, latest)]
        if kept != lines:
            source.write(name, kept)


def copy_object(rng: random.Random, source: Source) -> None:
    """The same records once more, under another name."""
    name = pick(rng, source)
    source.write(new_name(rng, source, part_of(name)), source.objects[name].lines, odd_time(rng))


def repeat_lines(rng: random.Random, source: Source) -> None:
    """Records of one object in another one too, as they are or changed."""
    part = any_part(rng)
    lines = source.objects[pick(rng, source, part)].good
    some = [changed_record(rng, source, line) if rng.random() < 0.5 else line
            for line in lines if rng.random() < 0.6]
    target = pick(rng, source, part)
    source.write(target, source.objects[target].lines + some)


def another_content(rng: random.Random, source: Source) -> None:
    """An event with the identity of another one."""
    plays = source.records("log_data")
    if not plays:
        return add(rng, source)
    key = ("ts", "userId", "sessionId", "itemInSession")
    one = rng.choice(plays)
    event = new_event(rng, source) | {name: one[name] for name in key} | {"page": "NextSong"}
    assert identity(event) == identity(one)
    target = pick(rng, source, "log_data")
    source.write(target, [*source.objects[target].lines, event])


def another_level(rng: random.Random, source: Source) -> None:
    """A user known from another play is seen once more, at some moment, with the other level."""
    plays = [event for event in source.records("log_data") if event["page"] == "NextSong"]
    if not plays:
        return add(rng, source)
    one = rng.choice(plays)
    level = "free" if one["level"] == "paid" else "paid"
    source.write(new_name(rng, source, "log_data"),
                 [one | {"ts": rng.choice(MOMENTS), "level": level}])


def break_a_line(rng: random.Random, source: Source) -> None:
    name = pick(rng, source)
    lines = list(source.objects[name].lines)
    lines.insert(rng.randint(0, len(lines)), broken_line(rng, source, part_of(name)))
    source.write(name, lines)


def repair(rng: random.Random, source: Source) -> None:
    """Broken records become good ones, in every object that has any."""
    for name in source.names():
        content = source.objects[name]
        if len(content.good) < len(content.lines):
            source.write(name, [line if is_good(line) else new_record(rng, source, part_of(name))
                                for line in content.lines])


def rename_artist(rng: random.Random, source: Source) -> None:
    """One artist's name in one object, or in all; the songs' plays match others from then on."""
    artist, name = rng.choice(ARTIST_IDS), rng.choice(BANDS)
    everywhere = rng.random() < 0.5
    for place in source.names("song_data"):
        lines = source.objects[place].lines
        renamed = [line | {"artist_name": name} if is_good(line) and line["artist_id"] == artist
                   else line for line in lines]
        if renamed != lines:
            source.write(place, renamed)
            if not everywhere:
                return


def move_song(rng: random.Random, source: Source) -> None:
    """A song leaves its object for another one, as it was or changed."""
    origin, target = pick(rng, source, "song_data"), pick(rng, source, "song_data")
    good = source.objects[origin].good
    if not good:
        return
    song = rng.choice(good)
    source.write(origin, [line for line in source.objects[origin].lines if line != song])
    if rng.random() < 0.5:
        song = changed_record(rng, source, song) | {"song_id": song["song_id"]}
    source.write(target, [*source.objects[target].lines, song])


def twin_song(rng: random.Random, source: Source) -> None:
    """Another song with the title, artist name and length of one that is there."""
    songs = source.records("song_data")
    if not songs:
        return add(rng, source)
    twin = rng.choice(songs) | {"song_id": rng.choice(SONG_IDS), "year": rng.choice(YEARS),
                                "artist_id": rng.choice(ARTIST_IDS)}
    source.write(new_name(rng, source, "song_data"), [twin])


def vanish(rng: random.Random, source: Source) -> None:
    names = [name for name in source.names() if not name.endswith("/first.json")]
    if names:
        source.remove(rng.choice(names))


def come_back(rng: random.Random, source: Source) -> None:
    """What vanished is there again: as it was, time and all, or rewritten, or changed."""
    gone = source.gone()
    if not gone:
        return vanish(rng, source)
    name = rng.choice(gone)
    content = source.versions[name][-1]
    source.write(name, content.lines, rng.choice([None, content.version[1]]))
    if rng.random() < 0.5:
        lines = [changed_record(rng, source, line) if is_good(line) else line
                 for line in content.lines]
        source.write(name, lines)


def touch_largest(_: random.Random, source: Source) -> None:
    """With it more has changed than has stayed."""
    source.write(LARGEST, source.objects[LARGEST].lines)


def touch(rng: random.Random, source: Source) -> None:
    name = pick(rng, source)
    source.write(name, source.objects[name].lines, odd_time(rng))


def restore(rng: random.Random, source: Source) -> None:
    """An object as it once was, with the time it had then, as from a backup."""
    name = pick(rng, source)
    content = rng.choice(source.versions[name])
    source.write(name, content.lines, content.version[1])


EDITS: dict[str, Callable[[random.Random, Source], None]] = {edit.__name__: edit for edit in (
    add, append, change, drop_lines, drop_latest, only_other_pages, copy_object, repeat_lines,
    another_content, another_level, break_a_line, repair, rename_artist, move_song, twin_song,
    vanish, come_back, touch, touch_largest, restore)}
EDIT_WEIGHTS = {"add": 8, "append": 6, "change": 8, "drop_lines": 7, "another_content": 5,
                "another_level": 5, "vanish": 4, "come_back": 4, "touch_largest": 1}


def random_history(seed: int, nights: int, runs: dict[str, int]) -> list[Step]:
    """Some objects to begin with, then nights of one to six edits and a run; `runs` says what
    kinds of run there are, and how often each. It ends with a plain run."""
    rng = random.Random(seed)
    kinds = list(EDITS)
    weights = [EDIT_WEIGHTS.get(kind, 3) for kind in kinds]
    steps = [Step("add", rng.randrange(1 << 30)) for _ in range(6)]
    for _ in range(nights):
        chosen = rng.choices(kinds, weights, k=rng.choice([1, 1, 2, 3, 4, 6]))
        chosen += rng.choices(list(runs), list(runs.values()))
        steps += [Step(kind, rng.randrange(1 << 30)) for kind in chosen]
    return [*steps, Step("run", rng.randrange(1 << 30))]


def shrink(steps: list[Step], fails: Callable[[list[Step]], bool], tries: int) -> list[Step]:
    """A shorter history that fails too: drops ever smaller parts while it still does."""
    size = len(steps) // 2
    while size and tries:
        begin = 0
        while begin < len(steps) and tries:
            shorter = steps[:begin] + steps[begin + size:]
            tries -= 1
            if shorter and fails(shorter):
                steps = shorter
            else:
                begin += size
        size //= 2
    return steps
