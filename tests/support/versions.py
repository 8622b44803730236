"""What model history makes of the same data: users as versions, hours, and plays with both keys.
Computed from the JSON records by rules of their own: nothing here knows the SQL."""

from pathlib import Path

from support import sparkify
from support.sparkify import (STAR_COLUMNS, Descending, ascending, first_by, in_order, moment,
                              read_records, sql_time, text)

FOREVER = "9999-12-31 00:00:00.000000"

# Of each star table what tests compare, surrogate keys aside, by model. A play's user_key shows as
# the beginning of the version that it stands for.
VERSION_OF_PLAY = ("(SELECT u.valid_from FROM star.users u WHERE u.user_key = songplays.user_key"
                   " AND u.user_id = songplays.user_id)")
STARS = {
    "classic": STAR_COLUMNS,
    "history": STAR_COLUMNS | {
        "songplays": [*STAR_COLUMNS["songplays"], "time_key", VERSION_OF_PLAY],
        "users": [*STAR_COLUMNS["users"], "valid_from", "valid_to", "is_current"],
        "time": ["time_key", *STAR_COLUMNS["time"]],
    },
}
MOMENTS = ("start_time", "valid_from", "valid_to", VERSION_OF_PLAY)


def shown(columns: list[str]) -> str:
    """SQL of columns in the form of star_of()."""
    return ", ".join(f"TO_CHAR({column}, 'YYYY-MM-DD HH24:MI:SS.US')" if column in MOMENTS
                     else column for column in columns)


def json_row(columns: list[str]) -> str:
    return f"json_build_array({shown(columns)})"


def trimmed(value) -> str | None:
    return text(value).rstrip(" ") if text(value) is not None else None


def shown_by(event: dict) -> list[str | None]:
    """What an event shows of its user."""
    return [trimmed(event[key]) for key in ("firstName", "lastName", "gender", "level")]


def moments_of_users(plays: list[dict]) -> dict[int, list[tuple[int, list]]]:
    """What each user was at each moment of a play, in the order of time."""
    last = first_by(plays, lambda e: (int(e["userId"]), e["ts"]), lambda e: (
        Descending(e["sessionId"]), Descending(e["itemInSession"]), Descending(text(e["level"])),
        ascending(text(e["firstName"])), ascending(text(e["lastName"])),
        ascending(text(e["gender"]))))
    users: dict[int, list[tuple[int, list]]] = {}
    for user, ts in sorted(last):
        users.setdefault(user, []).append((ts, shown_by(last[user, ts])))
    return users


def version_starts(plays: list[dict]) -> dict[int, list[tuple[int, list]]]:
    """Of those only the moments that show something new."""
    return {user: [one for number, one in enumerate(moments)
                   if number == 0 or one[1] != moments[number - 1][1]]
            for user, moments in moments_of_users(plays).items()}


def time_key(ts: int) -> int:
    return int(moment(ts).strftime("%Y%m%d%H"))


def expected_versions(starts: dict[int, list[tuple[int, list]]]) -> list[list]:
    rows = []
    for user, versions in starts.items():
        ends = [sql_time(ts) for ts, _ in versions[1:]] + [FOREVER]
        rows += [[user, *shown, sql_time(ts), end, end == FOREVER]
                 for (ts, shown), end in zip(versions, ends, strict=True)]
    return rows


def expected_hours(plays: list[dict]) -> list[list]:
    rows = {}
    for one in plays:
        at = moment(one["ts"]).replace(minute=0, second=0, microsecond=0)
        rows[time_key(one["ts"])] = [
            time_key(one["ts"]), at.strftime("%Y-%m-%d %H:%M:%S.%f"), at.hour, at.day,
            at.isocalendar().week, at.month, at.year, at.isoweekday() % 7]
    return list(rows.values())


def with_keys(row: list, starts: dict[int, list[tuple[int, list]]]) -> list:
    """A row of classic's songplays, its hour, and when the version of its user begins."""
    start_time, user = row[0], row[1]
    begins = max(sql_time(ts) for ts, _ in starts[user] if sql_time(ts) <= start_time)
    hour = int(start_time[:13].replace("-", "").replace(" ", ""))
    return [*row, hour, begins]


def star_of(model: str, events: list[dict], songs: list[dict]) -> dict[str, list[list]]:
    """Every star table, rows in the order of STARS[model], sorted by `in_order`."""
    tables = sparkify.star_of(events, songs)
    if model == "classic":
        return tables
    plays = [e for e in events if e["page"] == "NextSong"]
    starts = version_starts(plays)
    return tables | {
        "users": in_order(expected_versions(starts)), "time": in_order(expected_hours(plays)),
        "songplays": in_order([with_keys(row, starts) for row in tables["songplays"]])}


def expected_star(model: str, folder: Path) -> dict[str, list[list]]:
    """The star of a source folder."""
    return star_of(model, read_records(folder / "log_data"), read_records(folder / "song_data"))
