"""What COPY makes of one JSON value, by the column's type: the text for PostgreSQL, None for NULL,
or a FieldError."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

from support.redshift_error import RedshiftError, not_modelled
from support.redshift_json import ABSENT, Number, nested_text

EPOCH = datetime(1970, 1, 1)
LAST_DAY = 109203527  # 294276-12-31


class FieldError(Exception):
    """A reject: err_code, err_reason and position."""

    def __init__(self, code: int, reason: str, position: int = 0):
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


@dataclass(frozen=True)
class Column:
    """A column as the catalogue has it. `length`: bytes, or (precision, scale)."""

    name: str
    kind: str
    length: tuple[int, ...] = ()
    not_null: bool = False
    identity: str = ""
    default: bool = False

    @property
    def shown_length(self) -> str:
        return ",".join(map(str, self.length)) if self.length else "0"


@dataclass(frozen=True)
class Rules:
    """COPY's options that change values."""

    timeformat: str | None = None
    dateformat: str | None = None
    empty_as_null: bool = False
    blanks_as_null: bool = False
    trim_blanks: bool = False
    truncate_columns: bool = False
    replacement: str | None = None  # ACCEPTINVCHARS
    round_decimals: bool = False
    accept_any_date: bool = False


def make_converter(column: Column, rules: Rules) -> Callable:
    """A function of one JSON value."""
    inner = _converter(column, rules)

    def convert(value):
        result = None if value is ABSENT or value is None else inner(value)
        if result is None and column.not_null:
            raise FieldError(1213, "Missing data for not-null field")
        return result

    return convert


def _converter(column: Column, rules: Rules) -> Callable:
    if column.kind in ("varchar", "char"):
        return lambda value: _text(value, column, rules)
    by_kind = {
        "int2": lambda v, t: _integer(v, t, 16, "Short"),
        "int4": lambda v, t: _integer(v, t, 32, "Integer"),
        "int8": lambda v, t: _integer(v, t, 64, "Long"),
        "numeric": lambda v, t: _decimal(t, *column.length, rules.round_decimals),
        "float4": lambda v, t: _float(t, "f", "Real"),
        "float8": lambda v, t: _float(t, "d", "Double"),
        "bool": lambda v, t: _boolean(t),
    }
    if column.kind in ("date", "timestamp", "timestamptz"):
        read = _date(rules) if column.kind == "date" else _timestamp(
            rules, column.kind == "timestamptz")
    elif column.kind in by_kind:
        read = by_kind[column.kind]
    else:
        raise not_modelled(f"COPY into a column of type {column.kind}")

    def convert(value):
        text = _plain(value)
        if isinstance(value, str) and not isinstance(value, Number):
            _check_utf8(value)
            text = text.strip(" \t\r\n\v\f")
            if not text:
                return None
        return read(value, text)

    return convert


def _plain(value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return nested_text(value)


# ---- Text ---------------------------------------------------------------------------------------

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_BYTE = re.compile("[\udc80-\udcff]")


def _hex(char: str) -> tuple[str, int, int]:
    """The bytes in question, AWS's number for what is wrong with them, and how many they are."""
    if char == "\0":
        return "00", 9, 1
    if _BYTE.match(char):
        return f"{ord(char) - 0xDC00:02x}", 3 if ord(char) < 0xDCC0 else 4, 1
    return " ".join(f"{byte:02x}" for byte in char.encode("utf-8", "surrogatepass")), 5, 3


def _check_utf8(text: str) -> None:
    bad = _NO_TEXT.search(text)
    if bad:
        shown, error, _ = _hex(bad[0])
        raise FieldError(1220, "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 "
                         f"hex sequence: {shown} (error {error})",
                         len(text[:bad.start()].encode("utf-8", "surrogatepass")))


def _text(value, column: Column, rules: Rules) -> str | None:
    text = _plain(value)
    if _NO_TEXT.search(text):
        if rules.replacement is None or column.kind == "char":
            _check_utf8(text)
        text = _NO_TEXT.sub(lambda match: rules.replacement * _hex(match[0])[2], text)
    if rules.trim_blanks and column.kind == "varchar":
        text = text.rstrip(" \t\r\n\v\f")
    if rules.empty_as_null and not text:
        return None
    if rules.blanks_as_null and text and not text.strip(" \t\r\n\v\f"):
        return None
    if column.kind == "char" and not text.isascii():
        at = next(i for i, char in enumerate(text) if char > "\x7f")
        shown = " ".join(f"{byte:02x}" for byte in text[at].encode())
        raise FieldError(1220, "Multibyte character not supported for CHAR (Hint: Try using  "
                         f"VARCHAR). Invalid char: {shown}", at)
    data = text.encode()
    if len(data) > column.length[0]:
        if not rules.truncate_columns:
            word = "Char" if column.kind == "char" else "String"
            raise FieldError(1204, f"{word} length exceeds DDL length")
        text = data[:column.length[0]].decode("utf-8", "ignore")
    return text


# ---- Numbers ------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def _digit(code: int, text: str, kind: str, at: int | None = None) -> FieldError:
    """Names the first character that cannot be part of an integer, or the one at `at`."""
    if at is None:
        at = 1 if text[:1] in ("+", "-") else 0
        while text[at:at + 1].isdigit() and text[at].isascii():
            at += 1
    place = len(text[:at].encode("utf-8", "surrogatepass"))
    return FieldError(code, f"Invalid digit, Value '{text[at:at + 1]}', Pos {place}, Type: {kind}",
                      place)


def _number(code: int, text: str, kind: str) -> Decimal:
    match = _NUMBER.match(text)
    if not match or match.end() != len(text):
        raise _digit(code, text, kind, match.end() if match else None)
    exponent = int(re.split("[eE]", text)[1]) if re.search("[eE]", text) else 0
    return Decimal(text) if abs(exponent) < 10**6 else Decimal("1e1000000" if exponent > 0 else 0)


def _overflow(kind: str) -> FieldError:
    return FieldError(1222, f"Overflow, Column type: {kind}")


def _integer(value, text: str, bits: int, kind: str) -> str:
    if re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        number = int(text) if len(text) < 40 else int(Decimal(text).scaleb(0))
    elif isinstance(value, Number):
        exact = _number(1207, text, kind)
        if exact and exact.adjusted() > 40:
            raise _overflow(kind)
        if exact != exact.to_integral_value(context=Context(prec=5000)):
            raise _digit(1207, text, kind)
        number = int(exact)
    else:
        raise _digit(1207, text, kind)
    if not -2**(bits - 1) <= number < 2**(bits - 1):
        raise _overflow(kind)
    return str(number)


def _decimal(text: str, precision: int, scale: int, rounding: bool) -> str:
    number = _number(1209, text, "Decimal")
    if number and number.adjusted() >= 60:
        raise _overflow("Decimal")
    if number and number.adjusted() < -60:
        number = Decimal(0)
    number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP if rounding else ROUND_DOWN,
                             Context(prec=5000))
    if abs(number) >= Decimal(10) ** (precision - scale):
        raise _overflow("Decimal")
    return format(number, "f")


def _float(text: str, form: str, kind: str) -> str:
    _number(1208, text, kind)
    number = float(text)
    try:
        held = struct.unpack(form, struct.pack(form, number))[0]
    except OverflowError:
        raise _overflow(kind) from None
    if held in (float("inf"), float("-inf")):
        raise _overflow(kind)
    # PostgreSQL refuses what is too small for a type, which here becomes zero.
    least = 1.2e-38 if form == "f" else 2.3e-308
    return repr(held) if abs(held) < least else text


def _boolean(text: str) -> str:
    word = text.lower()
    if word in ("1", "t", "true", "y", "yes"):
        return "t"
    if word in ("0", "f", "false", "n", "no"):
        return "f"
    raise FieldError(1210, "Unknown boolean format")


# ---- Moments ------------------------------------------------------------------------------------

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_PARTS = {"YYYY": r"(?P<year>\d{4})", "YY": r"(?P<short>\d{2})", "MM": r"(?P<month>\d{1,2})",
          "MON": r"(?P<name>[A-Za-z]{3,9})", "DD": r"(?P<day>\d{1,2})",
          "HH24": r"(?P<hour>\d{1,2})", "HH12": r"(?P<hour>\d{1,2})", "HH": r"(?P<hour>\d{1,2})",
          "MI": r"(?P<minute>\d{1,2})", "SS": r"(?P<second>\d{1,2})(?:\.(?P<fraction>\d+))?",
          "AM": r"(?P<half>[AaPp]\.?[Mm]\.?)", "PM": r"(?P<half>[AaPp]\.?[Mm]\.?)"}
_PART = re.compile("YYYY|YY|MON|MM|MI|DD|HH24|HH12|HH|SS|AM|PM|.", re.IGNORECASE | re.DOTALL)
_ZONE = r" ?(?P<zone>Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?"
# What AWS lists for 'auto' (automatic-recognition), as far as the tests go there.
_AUTO_DATES = [_PARTS["YYYY"] + f"[-/]{_PARTS['MM']}[-/]{_PARTS['DD']}",
               _PARTS["YYYY"] + r"(?P<month>\d{2})(?P<day>\d{2})",
               f"{_PARTS['MM']}/{_PARTS['DD']}/{_PARTS['YYYY']}",
               f"{_PARTS['MON']} {_PARTS['DD']},? {_PARTS['YYYY']}",
               f"{_PARTS['DD']}[ -]{_PARTS['MON']}[ -]{_PARTS['YYYY']}", r"J(?P<julian>\d{7})"]
_AUTO_TIME = (f"(?:{_PARTS['HH']}:{_PARTS['MI']}(?::{_PARTS['SS']})?"
              r"|(?P<hour6>\d{2})(?P<minute6>\d{2})(?P<second6>\d{2})?)")


def _compile(option: str, pattern: str) -> re.Pattern:
    made = ""
    for part in _PART.findall(pattern):
        if part.upper() not in _PARTS and part.isalnum() and part.upper() not in "TZ":
            raise RedshiftError("XX000", f"Invalid {option} format string: {pattern}")
        made += _PARTS.get(part.upper(), re.escape(part))
    return re.compile(made, re.ASCII)


def _moment(match: re.Match, zoned: bool) -> datetime:
    """Throws ValueError if the calendar has no such moment."""
    part = {name: text for name, text in match.groupdict().items() if text is not None}
    year = int(part.get("year", 0))
    if "short" in part:
        year = int(part["short"]) + (2000 if int(part["short"]) < 70 else 1900)
    month = int(part.get("month", 0))
    if "name" in part:
        month = _MONTHS.index(part["name"][:3].upper()) + 1
    hour = int(part.get("hour", part.get("hour6", 0)))
    if "half" in part:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if part["half"][0] in "Pp" else 0)
    if "julian" in part:
        day = date(1999, 1, 8) + timedelta(int(part["julian"]) - 2451187)
        year, month, part["day"] = day.year, day.month, day.day
    made = datetime(year, month, int(part["day"]), hour,
                    int(part.get("minute", part.get("minute6", 0))),
                    int(part.get("second", part.get("second6", 0))),
                    int(part.get("fraction", "0")[:6].ljust(6, "0")))
    zone = re.fullmatch(r"([+-])(\d{1,2}):?(\d{2})?", part.get("zone", ""))
    if zone and zoned:
        shift = timedelta(hours=int(zone[2]), minutes=int(zone[3] or 0))
        made += shift if zone[1] == "-" else -shift
    return made


def _timestamp(rules: Rules, zoned: bool) -> Callable:
    form = rules.timeformat
    shown = form or "YYYY-MM-DD HH24:MI:SS"
    patterns = []
    if form == "auto":
        patterns = [re.compile(f"{day}(?:[ T]{_AUTO_TIME}(?: ?{_PARTS['AM']})?{_ZONE})?", re.ASCII)
                    for day in _AUTO_DATES]
    elif form not in ("epochsecs", "epochmillisecs"):
        patterns = [_compile("timestamp", form or "YYYY-MM-DD HH:MI:SS")]
        if zoned:
            patterns = [re.compile(patterns[0].pattern + _ZONE, re.ASCII)]

    def read(value, text: str) -> str | None:
        try:
            if not patterns:
                return _epoch(text, 1 if form == "epochsecs" else 1000)
            for pattern in patterns:
                if match := pattern.fullmatch(text):
                    return _moment(match, zoned).isoformat(" ") + ("+00" if zoned else "")
        except (ValueError, OverflowError):
            pass
        if rules.accept_any_date:
            return None
        raise FieldError(1206, f"Invalid timestamp format or value [{shown}]")

    return read


def _epoch(text: str, per_second: int) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    micros = Decimal(text) * (10**6 // per_second)
    if micros.adjusted() > 20:
        raise ValueError(text)
    days, rest = divmod(int(micros.to_integral_value(ROUND_HALF_UP)), 86400 * 10**6)
    # By the number of the day: Python's calendar is shorter than PostgreSQL's.
    julian = days + 2440588
    if not 0 <= julian <= LAST_DAY:
        raise ValueError(text)
    return f"J{julian} {(EPOCH + timedelta(microseconds=rest)).time().isoformat()}"


def _date(rules: Rules) -> Callable:
    form = rules.dateformat or "YYYY-MM-DD"
    if form == "auto":
        patterns = [re.compile(f"{day}(?:[ T].*)?", re.ASCII) for day in _AUTO_DATES]
    else:
        # The time is ignored.
        patterns = [re.compile(_compile("date", form).pattern + r"(?:[ T]\d{1,2}:.*)?", re.ASCII)]

    def read(value, text: str) -> str | None:
        for pattern in patterns:
            match = pattern.fullmatch(text)
            if match:
                try:
                    return _moment(match, False).date().isoformat()
                except (ValueError, OverflowError):
                    break
        if rules.accept_any_date:
            return None
        raise FieldError(1205, f"Invalid date format or value [{form}]")

    return read
