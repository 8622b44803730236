"""Files of JSON as COPY reads them: objects one after another, with Python's own json."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from support.redshift_error import RedshiftError

MAX_OBJECT = 4 << 20


class Number(str):
    """A number as it is written."""

    __slots__ = ()


def _refuse(word: str):
    raise ValueError(word)


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse)
_BLANK = re.compile(r"[ \t\r\n]*")
_JUNK = re.compile(r"[^\n{\[]+")
_PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\]]|\n')


@dataclass
class Record:
    """One object or array of a file. `value` is None if it is none."""

    line: int  # the last one it stands on
    text: str
    value: dict | list | None


def records(data: bytes, skip_lines: int = 0) -> Iterator[Record]:
    """Bytes that are not UTF-8 become lone surrogates, U+DC80 to U+DCFF."""
    text = data.decode("utf-8", "surrogateescape")
    at = 0
    for _ in range(skip_lines):
        at = text.find("\n", at) + 1 or len(text)
    line, counted = 1, 0
    while (at := _BLANK.match(text, at).end()) < len(text):
        try:
            if text[at] not in "{[":
                raise ValueError
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            value, end = None, _end_of_broken(text, at)
        record = text[at:end]
        if len(record) > MAX_OBJECT // 4 and len(
                record.encode("utf-8", "surrogateescape")) > MAX_OBJECT:
            raise RedshiftError("XX000", "JSON object exceeds the maximum size of 4 MB")
        line += text.count("\n", counted, end)
        counted = end
        yield Record(line, record, value)
        at = end


def _end_of_broken(text: str, at: int) -> int:
    """Where reading goes on: after the bracket that closes it, or with the next line."""
    if text[at] not in "{[":
        return _JUNK.match(text, at).end() if text[at] not in "\n" else at
    depth = 0
    for piece in _PIECE.finditer(text, at):
        if piece[0] in "{[":
            depth += 1
        elif piece[0] in "}]":
            depth -= 1
            if depth == 0:
                return piece.end()
        elif piece[0] == "\n" and text[piece.end():piece.end() + 1] == text[at]:
            return piece.start()
    return len(text)


def nested_text(value) -> str:
    """An object or array as COPY puts it into a VARCHAR: no layout but a blank after each colon."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}: {nested_text(item)}"
                              for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(nested_text, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


# ---- JSONPaths ----------------------------------------------------------------------------------

ABSENT = object()
_BRACKETS = re.compile(r"\['([^']*)'\]|\[(\d+)\]")
_DOTS = re.compile(r"\.([^.\[\]'*?@()]+)|\[(\d+)\]")


def parse_paths(data: bytes) -> list[list[str | int]] | None:
    """The steps of each expression; None if the file's key is another one, which means 'auto'."""
    try:
        document = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise RedshiftError("XX000", "Invalid JSONPath format: the file is not valid JSON"
                            ) from error
    if not isinstance(document, dict):
        raise RedshiftError("XX000", "Invalid JSONPath format: not a JSON object")
    if "jsonpaths" not in document:
        return None
    expressions = document["jsonpaths"]
    if not isinstance(expressions, list) or not all(
            isinstance(path, str) and path for path in expressions):
        raise RedshiftError("XX000", "Invalid JSONPath format: an element is not a path")
    paths = [_parse_path(path) for path in expressions]
    if len({kind for _, kind in paths if kind}) > 1:
        raise RedshiftError("XX000", "Invalid JSONPath format: dot and bracket notation are mixed")
    return [steps for steps, _ in paths]


def _parse_path(path: str) -> tuple[list[str | int], str]:
    """The steps, and which notation: "", if there are only indexes."""
    for kind, pattern in (("bracket", _BRACKETS), ("dot", _DOTS)):
        steps, at = [], 1
        while path.startswith("$") and (match := pattern.match(path, at)):
            steps.append(match[1] if match[2] is None else int(match[2]))
            at = match.end()
        if steps and at == len(path):
            return steps, kind if any(isinstance(step, str) for step in steps) else ""
    raise RedshiftError("XX000", f"Invalid JSONPath format: {path}")


def follow(value, steps: list[str | int]):
    for step in steps:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                raise RedshiftError("XX000", "Invalid JSONPath format: Not an array or index out "
                                    "of range.")
            value = value[step]
        else:
            if not isinstance(value, dict) or step not in value:
                return ABSENT
            value = value[step]
    return value
