"""Every way to break an event of the log, and what a load says of it."""

import json
from pathlib import Path

from support.sparkify import play


def line(**changes) -> str:
    return json.dumps(play(userId="44") | changes)


def without(key: str) -> str:
    event = play(userId="44")
    del event[key]
    return json.dumps(event)


def raw(key: str, token: str) -> str:
    """A record in which the value of `key` is `token` as it stands."""
    return line(**{key: "@@"}).replace('"@@"', token)


# What stands between two good lines of a file: its text, the column at fault ("" for the whole
# record), Redshift's code, words of the reason, and how many good records are in it as well.
WHOLE = ("", 1216, "Invalid value")
BROKEN = {
    "truncated": (line()[:200], *WHOLE, 0),
    "missing brace": (line()[:-1], *WHOLE, 0),
    "missing opening brace": (line()[1:], *WHOLE, 0),
    "trailing comma": (line()[:-1] + ",}", *WHOLE, 0),
    "single quotes": (line().replace('"', "'"), *WHOLE, 0),
    "unquoted key": (line().replace('"page"', "page"), *WHOLE, 0),
    "NaN": (raw("length", "NaN"), *WHOLE, 0),
    "control character": (raw("song", '"a\x01b"'), *WHOLE, 0),
    "bad escape": (raw("song", r'"a\qb"'), *WHOLE, 0),
    "lone surrogate": (raw("song", r'"a\ud800b"'), "song", 1220, "UTF-8", 0),
    "NUL": (raw("song", r'"a\u0000b"'), "song", 1220, "UTF-8", 0),
    "page is missing": (without("page"), "page", 1213, "Missing data for not-null field", 0),
    "ts is null": (line(ts=None), "ts", 1213, "Missing data for not-null field", 0),
    "integer overflow": (line(status=2**31), "status", 1222, "Overflow", 0),
    "text in an integer": (line(userId="x7"), "user_id", 1207,
                           "Invalid digit, Value 'x', Pos 0", 0),
    "fraction in an integer": (raw("status", "200.5"), "status", 1207,
                               "Invalid digit, Value '.', Pos 3", 0),
    "boolean in an integer": (raw("itemInSession", "true"), "item_in_session", 1207,
                              "Invalid digit, Value 't', Pos 0", 0),
    "text in a float": (line(length="long"), "length", 1208, "Invalid", 0),
    "string too long": (line(level="x" * 65), "level", 1204, "String length exceeds DDL length", 0),
    "bad time": (line(ts="yesterday"), "ts", 1206, "Invalid timestamp", 0),
    "array root": ("[" + line() + "]", "page", 1213, "Missing data for not-null field", 0),
    "comma between records": (line() + ",", *WHOLE, 1),
    "plain text": ("this is no JSON", *WHOLE, 0),
    "second object of a line": (line() + line()[:-1] + ",}", *WHOLE, 1),
}
# Bytes that are no UTF-8 cannot be written as text.
BROKEN_UTF8 = ("song", 1220, "UTF-8")


def write_broken(source: Path) -> None:
    """One log file for each way to break a record: a good line, the broken one, a good line."""
    folder = source / "log_data/broken"
    folder.mkdir()
    for name, (text, *_) in BROKEN.items():
        good = line(song=name)
        (folder / f"{name}.json").write_text(f"{good}\n{text}\n{good}\n", encoding="utf-8")
    good = line(song="UTF-8").encode()
    lines = [good, good.replace(b"UTF", b"\xff\xfe"), good]
    (folder / "UTF-8.json").write_bytes(b"\n".join(lines))
