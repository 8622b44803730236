"""What each question of sql/report must answer, computed from the JSON files by rules of its own.

Nothing here knows the SQL: plays are counted one by one from the records, in Python.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

from support.sparkify import (distinct_plays, expected_artists, expected_songplays, expected_songs,
                              expected_users, moment, read_records, text)

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
LENGTHS = [(1, "one play"), (900, "under 15 min"), (1800, "15 to 30 min"), (3600, "30 to 60 min"),
           (7200, "1 to 2 h"), (14400, "2 to 4 h"), (float("inf"), "4 h and more")]
DEVICES = [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
           ("Macintosh", "Mac"), ("Linux", "Linux")]
BROWSERS = [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
            ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("MSIE ", "Internet Explorer"),
            ("Trident/", "Internet Explorer"), ("Safari/", "Safari")]


class Play:
    """One play, as the questions see it."""

    def __init__(self, event: dict, song_id: str | None, artist_id: str | None):
        self.at = moment(event["ts"])
        self.day = self.at.date()
        self.user = int(event["userId"])
        self.session = (self.user, event["sessionId"])
        self.session_id = event["sessionId"]
        self.level = text(event["level"])
        self.location = text(event["location"])
        self.agent = text(event["userAgent"])
        self.song, self.artist = song_id, artist_id


def most(values: dict, order, limit: int) -> list:
    """The keys in an order, as many as asked for."""
    return sorted(values, key=order)[:limit]


def percent(part: float, whole: float) -> float:
    return 100 * part / whole


class Answers:
    """The answers about the JSON files of a folder of logs and a folder of songs."""

    def __init__(self, logs: Path, songs: Path):
        self.events = read_records(logs)
        song_records = read_records(songs)
        events = [e for e in self.events if e["page"] == "NextSong"]
        rows = expected_songplays(events, song_records)
        self.plays = [Play(event, row[3], row[4]) for event, row in zip(distinct_plays(events), rows, strict=True)]
        self.songs = {row[0]: row for row in expected_songs(song_records)}
        self.artists = {row[0]: row for row in expected_artists(song_records)}
        self.users = {row[0]: row for row in expected_users(events)}
        self.today = max(play.day for play in self.plays)

    def title(self, song: str):
        return self.songs[song][1]

    def artist_of(self, song: str):
        return self.artists[self.songs[song][2]][1]

    def listener(self, user: int) -> str:
        return f"{self.users[user][1] or ''} {self.users[user][2] or ''}".strip(" ")

    def matched(self) -> list[Play]:
        return [play for play in self.plays if play.song]

    def headline(self) -> list[dict]:
        count = len(self.plays)
        return [{"plays": count, "listeners": len({p.user for p in self.plays}),
                 "paid_percent": percent(sum(p.level == "paid" for p in self.plays), count),
                 "matched_percent": percent(len(self.matched()), count),
                 "songs": len(self.songs), "artists": len(self.artists),
                 "first_day": str(min(p.day for p in self.plays)), "last_day": str(self.today)}]

    def plays_by_day(self, limit: int = 92) -> list[dict]:
        days = defaultdict(list)
        for play in self.plays:
            days[play.day].append(play)
        return [{"day": str(day), "plays": len(plays),
                 "free": sum(p.level == "free" for p in plays),
                 "paid": sum(p.level == "paid" for p in plays),
                 "listeners": len({p.user for p in plays})}
                for day, plays in sorted(days.items()) if (self.today - day).days < limit]

    def hours(self) -> list[dict]:
        cells = Counter((play.at.weekday(), play.at.hour) for play in self.plays)
        return [{"weekday": WEEKDAYS[weekday], "hour": hour, "plays": plays}
                for (weekday, hour), plays in sorted(cells.items())]

    def top_songs(self, limit: int = 10) -> list[dict]:
        plays = Counter(play.song for play in self.matched())
        return [{"title": self.title(song), "artist": self.artist_of(song), "plays": plays[song],
                 "listeners": len({p.user for p in self.matched() if p.song == song})}
                for song in most(plays, lambda s: (-plays[s], self.title(s), s), limit)]

    def top_artists(self, limit: int = 10) -> list[dict]:
        plays = Counter(play.artist for play in self.matched())
        return [{"artist": self.artists[artist][1], "plays": plays[artist],
                 "songs_played": len({p.song for p in self.matched() if p.artist == artist})}
                for artist in most(plays, lambda a: (-plays[a], self.artists[a][1], a), limit)]

    def artists_with_most_songs(self, limit: int = 10) -> list[dict]:
        songs = defaultdict(list)
        for song in self.songs.values():
            songs[song[2]].append(song[3] or None)
        answer = []
        for artist in most(songs, lambda a: (-len(songs[a]), self.artists[a][1], a), limit):
            years = [year for year in songs[artist] if year]
            answer.append({"artist": self.artists[artist][1], "songs": len(songs[artist]),
                           "first_year": min(years, default=None),
                           "last_year": max(years, default=None)})
        return answer

    def trending_songs(self, limit: int = 10) -> list[dict]:
        weeks = [Counter(p.song for p in self.matched() if (self.today - p.day).days // 7 == week)
                 for week in (0, 1)]
        more = {song: weeks[0][song] - weeks[1][song] for song in weeks[0]
                if weeks[0][song] > weeks[1][song]}
        return [{"title": self.title(song), "artist": self.artist_of(song),
                 "this_week": weeks[0][song], "last_week": weeks[1][song], "more": more[song]}
                for song in most(more, lambda s: (-more[s], -weeks[0][s], self.title(s), s), limit)]

    def top_of_day(self, limit: int = 10, day: str = "") -> list[dict]:
        wanted = date.fromisoformat(day) if day else self.today
        plays = Counter(play.song for play in self.matched() if play.day == wanted)
        return [{"day": str(wanted), "title": self.title(song), "artist": self.artist_of(song),
                 "plays": plays[song]}
                for song in most(plays, lambda s: (-plays[s], self.title(s), s), limit)]

    def levels(self) -> list[dict]:
        answer = []
        for level in {play.level for play in self.plays}:
            plays = [play for play in self.plays if play.level == level]
            sessions = len({play.session for play in plays})
            answer.append({"level": level, "plays": len(plays),
                           "plays_percent": percent(len(plays), len(self.plays)),
                           "listeners": len({play.user for play in plays}), "sessions": sessions,
                           "plays_per_session": len(plays) / sessions,
                           "users_now": sum(user[4] == level for user in self.users.values())})
        return sorted(answer, key=lambda row: (-row["plays"], row["level"]))

    def level_changes(self, limit: int = 92) -> list[dict]:
        changes = defaultdict(lambda: [0, 0])
        before = {}
        for play in sorted(self.plays, key=lambda p: (p.at, p.session_id, p.level)):
            if before.get(play.user, play.level) != play.level:
                changes[play.day][play.level != "paid"] += 1
            before[play.user] = play.level
        return [{"day": str(day), "upgrades": up, "downgrades": down}
                for day, (up, down) in sorted(changes.items())[-limit:]]

    def sessions(self) -> list[dict]:
        times = defaultdict(list)
        for play in self.plays:
            times[play.session].append(play.at.replace(microsecond=0))
        groups = defaultdict(list)
        for plays in times.values():
            seconds = (max(plays) - min(plays)).total_seconds()
            bucket = 0 if len(plays) == 1 else next(
                i for i, (below, _) in enumerate(LENGTHS) if i and seconds < below)
            groups[bucket].append(len(plays))
        return [{"length": LENGTHS[bucket][1], "sessions": len(plays),
                 "sessions_percent": percent(len(plays), len(times)),
                 "plays_per_session": sum(plays) / len(plays)}
                for bucket, plays in sorted(groups.items())]

    def lapsed_users(self, limit: int = 10, days: int = 7) -> list[dict]:
        last = {}
        for play in self.plays:
            last[play.user] = max(play.at, last.get(play.user, play.at))
        ago = {user: (self.today - at.date()).days for user, at in last.items()}
        users = [user for user in last if ago[user] >= days]
        return [{"user_id": user, "listener": self.listener(user), "level": self.users[user][4],
                 "last_day": str(last[user].date()), "days_ago": ago[user],
                 "plays": sum(play.user == user for play in self.plays)}
                for user in sorted(users, key=lambda u: (last[u], u))[:limit]]

    def anniversaries(self, limit: int = 10) -> list[dict]:
        registered = {}
        for event in self.events:
            if event["userId"] and event["registration"] and int(event["userId"]) in self.users:
                user = int(event["userId"])
                registered[user] = max(event["registration"], registered.get(user, 0))
        rows = []
        for user, milliseconds in registered.items():
            begin = date(1970, 1, 1) + timedelta(days=milliseconds // 86_400_000)
            years = 1
            while begin.replace(year=begin.year + years) < self.today:
                years += 1
            rows.append({"anniversary": str(begin.replace(year=begin.year + years)), "years": years,
                         "user_id": user, "listener": self.listener(user),
                         "registered": str(begin)})
        return sorted(rows, key=lambda row: (row["anniversary"], row["user_id"]))[:limit]

    def suggestions(self, limit: int = 10, user: int = 0) -> list[dict]:
        heard = defaultdict(set)
        for play in self.matched():
            heard[play.user].add(play.song)
        if user and user not in heard:
            return []
        chosen = user or min(heard, key=lambda u: (-len(heard[u]), u))
        scores, listeners = Counter(), Counter()
        for other, songs in heard.items():
            shared = len(songs & heard[chosen])
            for song in songs - heard[chosen]:
                scores[song] += shared
                listeners[song] += shared > 0
        scores = +scores
        return [{"for_user_id": chosen, "title": self.title(song), "artist": self.artist_of(song),
                 "listeners": listeners[song], "score": scores[song]}
                for song in most(scores, lambda s: (-scores[s], -listeners[s], self.title(s), s),
                                 limit)]

    def grouped(self, column: str, name) -> list[dict]:
        plays, users = Counter(), defaultdict(set)
        for play in self.plays:
            plays[name(play)] += 1
            users[name(play)].add(play.user)
        return [{column: key, "plays": plays[key], "listeners": len(users[key])}
                for key in sorted(plays, key=lambda k: (-plays[k], k))]

    def states(self, limit: int = 60) -> list[dict]:
        def state(play: Play) -> str:
            parts = (play.location or "").split(",")
            return (parts[1].split("-")[0].strip(" ") if len(parts) > 1 else "") or "unknown"
        return self.grouped("state", state)[:limit]

    def metros(self, limit: int = 10) -> list[dict]:
        answer = self.grouped("area", lambda play: play.location or "unknown")[:limit]
        for row in answer:
            plays = [p for p in self.plays if (p.location or "unknown") == row["area"]]
            row["paid_percent"] = percent(sum(p.level == "paid" for p in plays), len(plays))
        return answer

    def by_agent(self, column: str, marks: list[tuple[str, str]]) -> list[dict]:
        def name(play: Play) -> str:
            if play.agent is None:
                return "unknown"
            return next((word for mark, word in marks if mark in play.agent), "other")
        return self.grouped(column, name)

    def devices(self) -> list[dict]:
        return self.by_agent("device", DEVICES)

    def browsers(self) -> list[dict]:
        return self.by_agent("browser", BROWSERS)

    def match_rate(self, limit: int = 92) -> list[dict]:
        plays = Counter(play.day for play in self.plays)
        matched = Counter(play.day for play in self.matched())
        return [{"day": str(day), "plays": plays[day], "matched": matched[day],
                 "matched_percent": percent(matched[day], plays[day])}
                for day in sorted(plays) if (self.today - day).days < limit]
