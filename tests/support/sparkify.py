"""Small Sparkify-shaped data with every trap in it, and the star schema that a right load of such
data must give, computed from the JSON files by rules of their own: nothing here knows the SQL."""

import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

# What COPY ... FORMAT AS JSON 'jsonpaths' reads, in this order.
EVENT_KEYS = ["artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length",
              "level", "location", "method", "page", "registration", "sessionId", "song", "status",
              "ts", "userAgent", "userId"]

STAR_COLUMNS = {
    "songplays": ["start_time", "user_id", "level", "song_id", "artist_id", "session_id",
                  "location", "user_agent", "item_in_session"],
    "users": ["user_id", "first_name", "last_name", "gender", "level"],
    "songs": ["song_id", "title", "artist_id", "year", "duration"],
    "artists": ["artist_id", "name", "location", "latitude", "longitude"],
    "time": ["start_time", "hour", "day", "week", "month", "year", "weekday"],
}

# Around the turn of a year whose ISO weeks cross it (2018-12-31 is in week 1 of 2019), and the
# 53rd week of 2020; Sundays and Mondays are among them.
DAYS = ["2018-11-04", "2018-11-15", "2018-12-30", "2018-12-31", "2019-01-06", "2021-01-01"]


def play(song: dict | None = None, /, **changes) -> dict:
    """One NextSong event, of `song` if one is given."""
    event = {"artist": "Nobody", "auth": "Logged In", "firstName": "Kaylee", "gender": "F",
             "itemInSession": 0, "lastName": "Summers", "length": 181.21098, "level": "free",
             "location": "Phoenix-Mesa-Scottsdale, AZ", "method": "PUT", "page": "NextSong",
             "registration": 1540344794796.0, "sessionId": 139, "song": "Nothing", "status": 200,
             "ts": 1541106106796, "userAgent": "\"Mozilla/5.0 (X11)\"", "userId": "8"}
    if song:
        event |= {"artist": song["artist_name"], "song": song["title"], "length": song["duration"]}
    return event | changes


def song_file(number: int, /, **changes) -> dict:
    """One song's metadata."""
    return {"num_songs": 1, "artist_id": f"AR{number:016d}", "artist_latitude": None,
            "artist_longitude": None, "artist_location": "", "artist_name": f"Band {number}",
            "song_id": f"SO{number:016d}", "title": f"Song {number}", "duration": 100 + number / 64,
            "year": 1990 + number % 30} | changes


def milliseconds(day: str, time_of_day_ms: int) -> int:
    start = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
    return int(start.timestamp()) * 1000 + time_of_day_ms


def make_songs(rng: random.Random) -> list[dict]:
    songs = []
    for number in range(120):
        artist = rng.randrange(40)
        songs.append(song_file(
            number, artist_id=f"AR{artist:016d}", year=rng.choice([0, 1999, 2005]),
            artist_name=f"Band {artist}" + rng.choice(["", "", " & Friends"]),
            artist_location=rng.choice(["", " ", "Oslo", "Łódź", "Tokyo|199"]),
            title=rng.choice([f"Song {number}", f"Señor {number}  ", number]),
            duration=round(rng.uniform(30, 600), 5)))
        if rng.random() < 0.4:
            songs[-1] |= {"artist_latitude": round(rng.uniform(-90, 90), 5),
                          "artist_longitude": round(rng.uniform(-180, 180), 5)}
    # Two songs that share title, artist and length, the smaller song_id in the later file.
    songs += [song_file(901, song_id="SOTWIN2", title="Twin", artist_name="Twins", duration=200.5),
              song_file(902, song_id="SOTWIN1", title="Twin", artist_name="Twins", duration=200.5)]
    # One song_id in two files, newest year first.
    songs += [song_file(903, song_id="SOTWICE", title="Old name", year=1980),
              song_file(903, song_id="SOTWICE", title="New name", year=1981)]
    # One artist twice: the same year, so the greater song_id counts; and one with a year unknown.
    songs += [song_file(904, artist_id="ARSAME", artist_name="Smaller id", year=2001),
              song_file(905, artist_id="ARSAME", artist_name="Greater id", year=2001),
              song_file(906, artist_id="ARSAME", artist_name="No year", year=0)]
    songs += [song_file(907, artist_name=311, title=1888, artist_location=27),
              song_file(908, title=4.6, artist_location=None),
              song_file(909, title="Blank at the end ", artist_name="Trailing")]
    return songs


def make_events(rng: random.Random, songs: list[dict]) -> list[dict]:
    people = [("Lily", "Koch", "F"), ("Jacob", "Klein", "M"), ("Zoë", "O'Brien", "F")]
    events = []
    for day in DAYS:
        for _ in range(60):
            user = rng.randrange(1, 25)
            first, last, gender = people[user % len(people)]
            song = rng.choice(songs) if rng.random() < 0.5 else None
            events.append(play(
                song, userId=str(user), firstName=first, lastName=last, gender=gender,
                level=rng.choice(["free", "paid"]), sessionId=rng.randrange(500),
                itemInSession=rng.randrange(50), ts=milliseconds(day, rng.randrange(86_400_000)),
                location=rng.choice(["", "Bogotá", "San José, CA"]),
                userAgent=rng.choice([None, "\"Mozilla/5.0\"", "curl\\1 | \"q\""])))
            if rng.random() < 0.2:
                events[-1] |= {"page": rng.choice(["Home", "Upgrade"]), "method": "GET",
                               "artist": None, "song": None, "length": None}
    logged_out = {key: None for key in ("artist", "song", "length", "firstName", "lastName",
                                        "gender", "location", "registration", "userAgent")}
    events.append(play(userId="", auth="Logged Out", page="Home", **logged_out))
    # Only looked at a page: not a user of the star.
    events.append(play(userId="777", page="Home"))
    # The latest level: by time, then session, then item, then the level itself.
    last = milliseconds("2021-01-01", 86_399_999)
    for user, first, second in [
            ("501", {"level": "paid", "ts": last - 1}, {"level": "free", "ts": last}),
            ("502", {"level": "paid", "sessionId": 10, "itemInSession": 1},
             {"level": "free", "sessionId": 9, "itemInSession": 9}),
            ("503", {"level": "free", "itemInSession": 4}, {"level": "paid", "itemInSession": 3}),
            ("504", {"level": "free"}, {"level": "paid"})]:
        same = {"userId": user, "ts": last, "sessionId": 5, "itemInSession": 3}
        events += [play(**same | first), play(**same | second)]
    # One moment, two users: one row in time.
    events += [play(userId="601", ts=last), play(userId="602", ts=last)]
    # Matches: blanks at the end do not count, on either side; case and a longer length do.
    twin = {"artist": "Twins", "song": "Twin", "length": 200.5, "userId": "700"}
    last_song = {"artist": "Trailing", "song": "Blank at the end", "length": songs[-1]["duration"],
                 "userId": "701"}
    plays = [twin, twin | {"song": "twin"}, twin | {"length": 200.50001},
             twin | {"artist": "Twins  "}, last_song, last_song | {"song": " Blank at the end"}]
    events += [play(**one, itemInSession=number) for number, one in enumerate(plays)]
    # Repeated events are one play, also where they differ: the greatest level, then the first song.
    repeated = {"userId": "703", "song": "Same", "level": "paid"}
    events += [play(**repeated | {"song": "Zither"}), play(**repeated), play(**repeated),
               play(**repeated | {"level": "free", "song": "Another"}),
               play(**repeated | {"itemInSession": 1})]
    events.append(play(userId="702", artist="311", song="1888", length=songs[-3]["duration"]))
    return events


def write_json(path: Path, records: list[dict], last_newline: bool = False) -> None:
    """As in the source: one record a line, ASCII, no line break at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(json.dumps(record) for record in records)
    path.write_text(text + "\n" * last_newline, encoding="ascii")


def write_sparkify(folder: Path, seed: int = 1) -> Path:
    """Writes song_data/ and log_data/ below `folder`."""
    rng = random.Random(seed)
    songs = make_songs(rng)
    for number, song in enumerate(songs):
        write_json(folder / f"song_data/A/{'ABC'[number % 3]}/TR{number:05d}.json", [song])
    events = make_events(rng, songs)
    by_day: dict[str, list[dict]] = {}
    for event in events:
        by_day.setdefault(moment(event["ts"]).strftime("%Y-%m-%d"), []).append(event)
    for day, records in by_day.items():
        write_json(folder / f"log_data/{day[:4]}/{day[5:7]}/{day}-events.json", records)
    return folder


def read_records(folder: Path) -> list[dict]:
    """All records of a folder of JSON files, one a line; numbers in the source's own notation."""
    return [json.loads(line) for path in sorted(folder.rglob("*.json"))
            for line in path.read_text(encoding="utf-8").splitlines()]


def moment(ts: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(milliseconds=ts)


def text(value) -> str | None:
    """What COPY ... EMPTYASNULL BLANKSASNULL puts into a VARCHAR."""
    if value is None or not str(value).strip(" "):
        return None
    return str(value)


class Descending:
    """A sort key for ORDER BY ... DESC: the greatest first, NULL before all."""

    def __init__(self, value):
        self.key = (value is None, value)

    def __lt__(self, other: "Descending") -> bool:
        return self.key > other.key

    def __eq__(self, other) -> bool:
        return self.key == other.key


def ascending(value) -> tuple:
    """A sort key for ORDER BY ... ASC: NULL after all."""
    return (value is None, value)


def first_by(records: list[dict], key, order) -> dict:
    """The first record of each key in an order; `key` and `order` are functions of a record."""
    chosen: dict = {}
    for record in sorted(records, key=order):
        chosen.setdefault(key(record), record)
    return chosen


def expected_users(plays: list[dict]) -> list[list]:
    """Users as of their latest play; in what is equally late, fixed rules."""
    latest = first_by(plays, lambda e: int(e["userId"]), lambda e: (
        -e["ts"], Descending(e["sessionId"]), Descending(e["itemInSession"]),
        Descending(text(e["level"])), ascending(text(e["firstName"])),
        ascending(text(e["lastName"])), ascending(text(e["gender"]))))
    return [[user, text(one["firstName"]), text(one["lastName"]), text(one["gender"]),
             text(one["level"])] for user, one in latest.items()]


def expected_songs(songs: list[dict]) -> list[list]:
    chosen = first_by(songs, lambda s: s["song_id"], lambda s: (
        Descending(s["year"]), ascending(text(s["title"])), s["artist_id"],
        ascending(s["duration"])))
    return [[s["song_id"], text(s["title"]), s["artist_id"], s["year"], s["duration"]]
            for s in chosen.values()]


def expected_artists(songs: list[dict]) -> list[list]:
    chosen = first_by(songs, lambda s: s["artist_id"], lambda s: (
        Descending(s["year"]), Descending(s["song_id"]), ascending(text(s["artist_name"])),
        ascending(text(s["artist_location"])), ascending(s["artist_latitude"]),
        ascending(s["artist_longitude"])))
    return [[s["artist_id"], text(s["artist_name"]), text(s["artist_location"]),
             s["artist_latitude"], s["artist_longitude"]] for s in chosen.values()]


def identity(event: dict) -> tuple:
    """What makes two records of a play one and the same play."""
    return event["ts"], int(event["userId"]), event["sessionId"], event["itemInSession"]


def distinct_plays(plays: list[dict]) -> list[dict]:
    """Repeated events are one play; where its records differ, a fixed rule picks one."""
    return list(first_by(plays, identity, lambda e: (
        Descending(text(e["level"])), ascending(text(e["song"])), ascending(text(e["artist"])),
        ascending(e["length"]), ascending(text(e["location"])),
        ascending(text(e["userAgent"])))).values())


def match_key(title, artist, length) -> tuple | None:
    """What a play and its song share, blanks at the end aside; None for what matches nothing."""
    if text(title) is None or text(artist) is None or length is None:
        return None
    return text(title).rstrip(" "), text(artist).rstrip(" "), length


def expected_songplays(plays: list[dict], songs: list[dict]) -> list[list]:
    catalogue: dict[tuple, tuple] = {}
    for s in songs:
        key = match_key(s["title"], s["artist_name"], s["duration"])
        catalogue[key] = min(catalogue.get(key, ("\U0010ffff", "")), (s["song_id"], s["artist_id"]))
    catalogue[None] = (None, None)
    rows = []
    for one in distinct_plays(plays):
        key = match_key(one["song"], one["artist"], one["length"])
        song_id, artist_id = catalogue.get(key, (None, None))
        rows.append([sql_time(one["ts"]), int(one["userId"]), text(one["level"]), song_id,
                     artist_id, one["sessionId"], text(one["location"]), text(one["userAgent"]),
                     one["itemInSession"]])
    return rows


def sql_time(ts: int) -> str:
    return moment(ts).strftime("%Y-%m-%d %H:%M:%S.%f")


def expected_time(plays: list[dict]) -> list[list]:
    rows = []
    for ts in {one["ts"] for one in plays}:
        at = moment(ts)
        rows.append([sql_time(ts), at.hour, at.day, at.isocalendar().week, at.month, at.year,
                     at.isoweekday() % 7])
    return rows


def star_of(events: list[dict], songs: list[dict]) -> dict[str, list[list]]:
    """Every star table, rows in the order of STAR_COLUMNS, sorted by `in_order`."""
    plays = [e for e in events if e["page"] == "NextSong"]
    tables = {"songplays": expected_songplays(plays, songs), "users": expected_users(plays),
              "songs": expected_songs(songs), "artists": expected_artists(songs),
              "time": expected_time(plays)}
    return {table: in_order(rows) for table, rows in tables.items()}


def expected_star(folder: Path) -> dict[str, list[list]]:
    """The star of a source folder."""
    return star_of(read_records(folder / "log_data"), read_records(folder / "song_data"))


def in_order(rows: list[list]) -> list[list]:
    return sorted(rows, key=json.dumps)
