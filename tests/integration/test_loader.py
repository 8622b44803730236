"""COPY ... FORMAT AS JSON on the local engine, value by value.

The expected answers stand in tables, under the section of redshift-copy-and-sql.md that each row
comes from. The text of a reject is its err_code and err_reason.
"""

import bz2
import gzip
import json
import random
import zlib
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

import pytest

from support.loader import make_loader  # noqa: F401  pylint: disable=unused-import
from support.postgres_fixture import postgres  # noqa: F401  pylint: disable=unused-import

pytestmark = [pytest.mark.db, pytest.mark.sanitize]

ALL = "MAXERROR 100000"
INVALID = "1216 Invalid value."
TOO_LONG = "1204 String length exceeds DDL length"
NO_DATE = "1205 Invalid date format or value [YYYY-MM-DD]"
NO_TIME = "1206 Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"
NO_BOOLEAN = "1210 Unknown boolean format"
MISSING = "1213 Missing data for not-null field"
BAD_TEXT = ("1220 String contains invalid or unsupported UTF-8 codepoints. "
            "Bad UTF-8 hex sequence: ")
REJECTED, FAILED, USAGE = 3, 0, 1  # ErrorKind
ABSENT = "no key"
HUGE = 4 << 20


def digit(code, value, position, kind):
    return f"{code} Invalid digit, Value '{value}', Pos {position}, Type: {kind}"


def overflow(kind):
    return f"1222 Overflow, Column type: {kind}"


def answers(loader, column, values, options="", select="v::text"):
    """What becomes of each JSON value in such a column: its text, None, or the reject's text."""
    lines = [f'{{"id":{i}' + ("" if value == ABSENT else f',"v":{value}') + "}"
             for i, value in enumerate(values)]
    done = loader.copy(f"id INTEGER, v {column}", "\n".join(lines),
                       options + ("" if "MAXERROR" in options else f" {ALL}"),
                       select=f"id, {select}")
    assert (done.error, done.failed) == ("", False)
    found = dict(done.rows)
    for error in done.errors:
        assert error["column"] == "v"
        found[error["line"] - 1] = f"{error['code']} {error['reason']}"
    assert done.records == done.loaded + done.rejected == len(found) == len(values)
    return [found[i] for i in range(len(values))]


def check(loader, column, table, options="", **kwargs):
    """A table of JSON values with what each must become."""
    found = answers(loader, column, list(table), options, **kwargs)
    assert dict(zip(table, found)) == table


# ---- 1.4 Value conversion -----------------------------------------------------------------------

VALUES = [ABSENT, "null", '""', '"   "', '"12"', "12", "1540344794796.0", "243.5", "true",
          '{"a":[1, 2]}', "[true]"]
NULLS = [None] * 4


def not_numbers(code, kind):
    return [digit(code, first, 0, kind) for first in "t{["]


MATRIX = {
    "VARCHAR(30)": [None, None, "", "   ", "12", "12", "1540344794796.0", "243.5", "true",
                    '{"a": [1,2]}', "[true]"],
    "CHAR(30)": [None, None, "", "", "12", "12", "1540344794796.0", "243.5", "true",
                 '{"a": [1,2]}', "[true]"],
    "SMALLINT": [*NULLS, "12", "12", overflow("Short"), digit(1207, ".", 3, "Short"),
                 *not_numbers(1207, "Short")],
    "INTEGER": [*NULLS, "12", "12", overflow("Integer"), digit(1207, ".", 3, "Integer"),
                *not_numbers(1207, "Integer")],
    "BIGINT": [*NULLS, "12", "12", "1540344794796", digit(1207, ".", 3, "Long"),
               *not_numbers(1207, "Long")],
    "DECIMAL(18,2)": [*NULLS, "12.00", "12.00", "1540344794796.00", "243.50",
                      *not_numbers(1209, "Decimal")],
    "DECIMAL(5,0)": [*NULLS, "12", "12", overflow("Decimal"), "243",
                     *not_numbers(1209, "Decimal")],
    "REAL": [*NULLS, "12", "12", "1.5403448e+12", "243.5", *not_numbers(1208, "Real")],
    "DOUBLE PRECISION": [*NULLS, "12", "12", "1540344794796", "243.5",
                         *not_numbers(1208, "Double")],
    "BOOLEAN": [*NULLS, NO_BOOLEAN, NO_BOOLEAN, NO_BOOLEAN, NO_BOOLEAN, "true", NO_BOOLEAN,
                NO_BOOLEAN],
    "DATE": [*NULLS, *[NO_DATE] * 7],
    "TIMESTAMP": [*NULLS, *[NO_TIME] * 7],
    "TIMESTAMPTZ": [*NULLS, *[NO_TIME] * 7],
    "SUPER": [None, "null", '""', '"   "', '"12"', "12", "1540344794796.0", "243.5", "true",
              '{"a": [1, 2]}', "[true]"],
}


@pytest.mark.parametrize("column", MATRIX)
def test_every_value_into_every_type(loader, column):
    assert answers(loader, column, VALUES) == MATRIX[column]


@pytest.mark.parametrize("column", ["VARCHAR(9)", "INTEGER", "DECIMAL(5,1)", "REAL", "BOOLEAN",
                                    "DATE", "TIMESTAMP", "CHAR(3)"])
def test_null_for_not_null(loader, column):
    """1.8: a row error. Only an absent key is NULL in a SUPER column."""
    empty = "" if column[-1] == ")" and column[0] in "VC" else MISSING
    check(loader, column + " NOT NULL", {ABSENT: MISSING, "null": MISSING, '""': empty})
    check(loader, "SUPER NOT NULL", {ABSENT: MISSING, "null": "null"})


def test_default_is_not_for_listed_columns(loader):
    """1.1: a column that is not listed gets its DEFAULT; a listed one without its key gets NULL."""
    columns = "a INTEGER DEFAULT 7, b INTEGER DEFAULT 8"
    assert loader.copy(columns, '{"x":1}').rows == [(None, None)]
    assert loader.copy(columns, '{"x":1}', target="t (a)").rows == [(None, 8)]
    done = loader.copy("a INTEGER, b INTEGER NOT NULL", "{}", target="t (a)")
    assert "NOT NULL column without DEFAULT must be included in column list" in done.error


def test_integers(loader):
    check(loader, "SMALLINT", {
        "32767": "32767", "-32768": "-32768", "32768": overflow("Short"),
        "-32769": overflow("Short"), '"32767"': "32767", "-0": "0", "1e4": "10000",
        "1e5": overflow("Short")})
    check(loader, "INTEGER", {
        "2147483647": "2147483647", "2147483648": overflow("Integer"),
        "-2147483648": "-2147483648", "-2147483649": overflow("Integer"),
        '"-2147483648"': "-2147483648", '" 42 "': "42", '"+5"': "5", '"007"': "7",
        '"+-5"': digit(1207, "-", 1, "Integer"), '"--5"': digit(1207, "-", 1, "Integer"),
        '"a"': digit(1207, "a", 0, "Integer"), '"12a"': digit(1207, "a", 2, "Integer"),
        '"1 2"': digit(1207, " ", 1, "Integer"), '"1.0"': digit(1207, ".", 1, "Integer"),
        '"-"': digit(1207, "", 1, "Integer"), '"1e3"': digit(1207, "e", 1, "Integer"),
        '"é"': digit(1207, "é", 0, "Integer"),
        '"1\\ud83d\\ude00"': digit(1207, "😀", 1, "Integer"),
        "1e3": "1000", "1.2e1": "12", "12.0": "12", "-7.000": "-7", "1200e-2": "12",
        "0.0": "0", "-0.0": "0", "0e9": "0", "1e400": overflow("Integer"),
        "12.5": digit(1207, ".", 2, "Integer"), "1e-1": digit(1207, "e", 1, "Integer")})
    check(loader, "BIGINT", {
        "9223372036854775807": "9223372036854775807", "9223372036854775808": overflow("Long"),
        "-9223372036854775808": "-9223372036854775808", "-9223372036854775809": overflow("Long"),
        "9223372036854775807.0": "9223372036854775807", "9223372036854775808.0": overflow("Long"),
        "9007199254740993.0": "9007199254740993", "1e18": "1000000000000000000",
        "1e19": overflow("Long"), "1234567890123456789012": overflow("Long")})


def test_floats(loader):
    check(loader, "DOUBLE PRECISION", {
        "0.1": "0.1", "-2.5e-3": "-0.0025", "1.7976931348623157e308": "1.7976931348623157e+308",
        "1e309": overflow("Double"), "-1e309": overflow("Double"), "1e-400": "0",
        "5e-324": "5e-324", '"1.5"': "1.5", '"+1.5"': "1.5", '".5"': "0.5", '" 7 "': "7",
        '"+-1"': digit(1208, "-", 1, "Double"), '"1e+-5"': digit(1208, "e", 1, "Double"),
        '"NaN"': digit(1208, "N", 0, "Double"), '"inf"': digit(1208, "i", 0, "Double"),
        '"-Infinity"': digit(1208, "I", 1, "Double"), '"0x10"': digit(1208, "x", 1, "Double"),
        '"1,5"': digit(1208, ",", 1, "Double"), '"1.5.2"': digit(1208, ".", 3, "Double")})
    check(loader, "REAL", {"0.1": "0.1", "3.4e38": "3.4e+38", "3.5e38": overflow("Real"),
                           "16777217": "1.6777216e+07", "1e-60": "0",
                           "true": digit(1208, "t", 0, "Real")})


def test_booleans(loader):
    table = {f'"{word}"': "true" for word in ["1", "t", "T", "true", "TRUE", "y", "yes", " t "]}
    table |= {f'"{word}"': "false" for word in ["0", "f", "F", "false", "False", "n", "no"]}
    check(loader, "BOOLEAN", table | {
        "true": "true", "false": "false", "1": "true", "0": "false", "2": NO_BOOLEAN,
        "1.0": NO_BOOLEAN, '"on"': NO_BOOLEAN, '"tr"': NO_BOOLEAN})


def random_decimal(choose):
    whole = str(choose.randrange(10 ** choose.randrange(1, 14)))
    fraction = "".join(choose.choice("0123456789") for _ in range(choose.randrange(0, 12)))
    text = choose.choice(["", "-"]) + whole + ("." + fraction if fraction else "")
    return text + choose.choice(["", "", "e3", "E-4", "e+2", "e-15"])


@pytest.mark.parametrize("precision, scale", [(18, 0), (9, 2), (38, 37), (38, 19), (5, 5), (1, 0),
                                              (12, 4), (38, 0)])
@pytest.mark.parametrize("rounding", ["", "ROUNDEC"])
def test_decimals_as_postgresql_has_them(loader, precision, scale, rounding):
    """1.4, 1.5: digits beyond the scale are cut, or rounded with ROUNDEC. The peers are Python's
    decimal for the digits and PostgreSQL's numeric for their form."""
    choose = random.Random(precision * 100 + scale)
    texts = {random_decimal(choose) for _ in range(300)}
    texts |= {"0", "-0.0", "0.00000000000000000004", "9" * precision, "9" * precision + ".9",
              "-" + "9" * (precision + 1), "0." + "9" * 40, "-0.5", "1e37", "1e38", "1e400",
              "1e-400", "10000", "0.0001", "0.00012345", "99999999.99999999"}
    step = Decimal(1).scaleb(-scale)
    expected = {}
    for text in texts:
        number = Decimal(text)
        if number.adjusted() > 60:
            expected[text] = overflow("Decimal")
            continue
        mode = ROUND_HALF_UP if rounding else ROUND_DOWN
        with_scale = number.quantize(step, mode, Context(prec=200))
        size = with_scale.copy_abs()
        fits = size < Decimal(10) ** (precision - scale)
        shown = format(with_scale or size, "f")
        expected[text] = shown if fits else overflow("Decimal")
    check(loader, f"DECIMAL({precision},{scale})", expected, rounding)
    # The form is PostgreSQL's own: equal numbers, equal scale, and arithmetic works on them.
    assert loader.query(f"SELECT count(*) FROM t WHERE v <> v::text::numeric({precision},{scale})"
                        f" OR scale(v) <> {scale} OR numeric_send(v) <>"
                        f" numeric_send(v::text::numeric({precision},{scale}))") == [(0,)]


def test_decimal_texts(loader):
    check(loader, "DECIMAL(6,2)", {
        '"1.5"': "1.50", '"+1.5"': "1.50", '".5"': "0.50", '"5."': "5.00", '" 7 "': "7.00",
        '"."': digit(1209, ".", 0, "Decimal"), '"abc"': digit(1209, "a", 0, "Decimal"),
        '"1,5"': digit(1209, ",", 1, "Decimal"), '"1.5x"': digit(1209, "x", 3, "Decimal"),
        '"€5"': digit(1209, "€", 0, "Decimal"), '"1e+-5"': digit(1209, "e", 1, "Decimal"),
        '"NaN"': digit(1209, "N", 0, "Decimal"), "9999.99": "9999.99",
        "9999.999": "9999.99", "10000": overflow("Decimal"), "-9999.995": "-9999.99"})
    check(loader, "DECIMAL(6,2)", {"9999.994": "9999.99", "9999.995": overflow("Decimal"),
                                   "-1.005": "-1.01", "0.004": "0.00", "-0.004": "0.00"}, "ROUNDEC")
    # 1.4: bare NUMERIC is (18,0).
    check(loader, "NUMERIC", {"243.9": "243", "1e18": overflow("Decimal")})


def test_text_lengths_are_bytes(loader):
    check(loader, "VARCHAR(4)", {
        '"abcd"': "abcd", '"abcde"': TOO_LONG, '"éé"': "éé", '"ééx"': TOO_LONG, '"😀"': "😀",
        '"😀a"': TOO_LONG, "1888": "1888", "18880": TOO_LONG, "-1.5": "-1.5", "true": "true",
        "false": TOO_LONG, '"    "': "    ", '"     "': TOO_LONG, "[1,2]": TOO_LONG})
    check(loader, "CHAR(4)", {
        '"abcd"': "abcd", '"abcde"': "1204 Char length exceeds DDL length",
        '"é"': "1220 Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). "
               "Invalid char: c3 a9"})
    check(loader, "VARCHAR", {json.dumps("x" * 256): "x" * 256, json.dumps("x" * 257): TOO_LONG})
    check(loader, "VARCHAR(MAX)", {json.dumps("é" * 32767): "é" * 32767,
                                   json.dumps("é" * 32768): TOO_LONG})


def test_numbers_in_text_are_as_written(loader):
    """10.3, and the integer and float titles of the song files (data/README.md)."""
    check(loader, "VARCHAR(60)", {text: text for text in [
        "1888", "4.6", "311", "-0", "1.10", "1e3", "1E+3", "0.000", "12345678901234567890123"]})


def test_dates_and_timestamps(loader):
    check(loader, "DATE", {'"2018-11-01"': "2018-11-01", '" 2018-11-01 "': "2018-11-01",
                           '"2018-02-30"': NO_DATE, '"x"': NO_DATE, "20181101": NO_DATE})
    check(loader, "TIMESTAMP", {
        '"2018-11-01 20:57:10"': "2018-11-01 20:57:10",
        '"2018-11-01 20:57:10.796"': "2018-11-01 20:57:10.796",
        '"2018-11-01T20:57:10"': NO_TIME, "1541105830796": NO_TIME, '"soon"': NO_TIME})
    check(loader, "TIMESTAMPTZ", {'"2018-11-01 20:57:10+02"': "2018-11-01 18:57:10+00"})


def test_super_keeps_what_jsonb_can_hold(loader):
    check(loader, "SUPER", {
        '"e12345"': '"e12345"', '{"hash":"3e99999"}': '{"hash": "3e99999"}',
        r'"C:\\u0000"': r'"C:\\u0000"', r'["\\\\ud800"]': r'["\\\\ud800"]',
        r'"\u0000"': BAD_TEXT + "00 (error 9)", r'["\u0000"]': "1224 Invalid JSON value for SUPER",
        r'{"\ud800":1}': "1224 Invalid JSON value for SUPER",
        r'["\ude00\ud83d"]': "1224 Invalid JSON value for SUPER", r'["\ud83d\ude00"]': '["😀"]',
        "[1e999]": "[1" + "0" * 999 + "]", "[1e1000]": "1224 Invalid JSON value for SUPER",
        "1e200000": "1224 Invalid JSON value for SUPER",
        "[" + "9" * 140000 + "]": "1224 Invalid JSON value for SUPER",
        "[12345678901234567890123.50]": "[12345678901234567890123.50]"})


# ---- 1.5 Parameters -----------------------------------------------------------------------------

EPOCH = "1206 Invalid timestamp format or value [epoch"


@pytest.mark.parametrize("options, table", [
    ("TIMEFORMAT 'epochmillisecs'", {
        "1541105830796": "2018-11-01 20:57:10.796", '"1541105830796"': "2018-11-01 20:57:10.796",
        "1541105830796.0": "2018-11-01 20:57:10.796", "0": "1970-01-01 00:00:00",
        "-1": "1969-12-31 23:59:59.999", '"2018-11-01 20:57:10"': f"{EPOCH}millisecs]",
        "true": f"{EPOCH}millisecs]", '""': None}),
    ("TIMEFORMAT AS 'epochsecs'", {
        "1541105830": "2018-11-01 20:57:10", "1541105830.796": "2018-11-01 20:57:10.796",
        '"x"': f"{EPOCH}secs]"}),
    ("TIMEFORMAT 'auto'", {
        '"2019-02-11T05:09:12.195Z"': "2019-02-11 05:09:12.195",
        '"J2451187"': "1999-01-08 00:00:00", '"20180102 030405"': "2018-01-02 03:04:05",
        '"01/02/2018 03:04:05.5 PST"': "2018-01-02 03:04:05.5",
        "1541105830796": "1206 Invalid timestamp format or value [auto]"}),
    ("TIMEFORMAT 'DD.MM.YYYY HH:MI:SS'", {
        '"01.11.2018 20:57:10"': "2018-11-01 20:57:10",
        '"2018-11-01 20:57:10"':
            "1206 Invalid timestamp format or value [DD.MM.YYYY HH:MI:SS]"}),
    ("TIMEFORMAT 'epochmillisecs' ACCEPTANYDATE", {'"soon"': None, "0": "1970-01-01 00:00:00"}),
])
def test_timeformat(loader, options, table):
    check(loader, "TIMESTAMP", table, options)


@pytest.mark.parametrize("options, table", [
    ("DATEFORMAT 'MM/DD/YYYY'", {
        '"11/01/2018"': "2018-11-01",
        '"2018-11-01"': "1205 Invalid date format or value [MM/DD/YYYY]"}),
    ("DATEFORMAT AS 'DD-MON-YY'", {'"01-Nov-18"': "2018-11-01"}),
    ("DATEFORMAT 'auto'", {'"Nov 1, 2018"': "2018-11-01", '"20181101"': "2018-11-01"}),
    ("DATEFORMAT 'auto' ACCEPTANYDATE", {'"00/00/00"': None, '"20181101"': "2018-11-01"}),
])
def test_dateformat(loader, options, table):
    check(loader, "DATE", table, options)


def test_acceptanydate_does_not_fill_not_null(loader):
    check(loader, "DATE NOT NULL", {'"x"': MISSING}, "ACCEPTANYDATE")


@pytest.mark.parametrize("column, options, table", [
    ("VARCHAR(4)", "TRUNCATECOLUMNS", {
        '"abcdef"': "abcd", '"abcé"': "abc", '"ab😀"': "ab", '"éé"': "éé", "123456": "1234",
        "[1,2,3]": "[1,2"}),
    ("CHAR(2)", "TRUNCATECOLUMNS", {'"abc"': "ab"}),
    ("SMALLINT", "TRUNCATECOLUMNS", {"99999": overflow("Short")}),
    ("VARCHAR(9)", "EMPTYASNULL", {'""': None, '" "': " ", '"a"': "a"}),
    ("VARCHAR(9)", "BLANKSASNULL", {'""': "", '" "': None, r'"\t\n "': None, '" a "': " a "}),
    ("VARCHAR(9)", "TRIMBLANKS", {'" a \\t "': " a", '"   "': "", '"a\u00a0"': "a\u00a0"}),
    ("VARCHAR(9)", "TRIMBLANKS EMPTYASNULL", {'"   "': None, '" a "': " a"}),
    ("VARCHAR(9)", "EMPTYASNULL BLANKSASNULL", {'""': None, '"  "': None, '"\u00a0"': "\u00a0"}),
    ("CHAR(3)", "EMPTYASNULL BLANKSASNULL", {'""': None, '"  "': None}),
    ("VARCHAR(2)", "TRIMBLANKS", {'"ab   "': "ab"}),
    ("VARCHAR(9) NOT NULL", "EMPTYASNULL", {'""': MISSING}),
    ("DECIMAL(5,1)", "", {"1.26": "1.2", "-1.26": "-1.2"}),
    ("DECIMAL(5,1)", "ROUNDEC", {"1.25": "1.3", "-1.25": "-1.3", "1.24": "1.2"}),
    ("INTEGER", "ROUNDEC", {"1.5": digit(1207, ".", 1, "Integer")}),
    ("VARCHAR(9)", "ACCEPTINVCHARS", {r'"a\ud800b"': "a???b", r'"\u0000"': "?"}),
    ("VARCHAR(9)", "ACCEPTINVCHARS AS '^'", {r'"a\udfffb"': "a^^^b", r'"\ud83d\ude00"': "😀"}),
    ("CHAR(9)", "ACCEPTINVCHARS", {r'"a\ud800"': BAD_TEXT + "ed a0 80 (error 5)"}),
    ("VARCHAR(4)", "ACCEPTINVCHARS", {r'"ab\ud800"': TOO_LONG, r'"a\ud800"': "a???"}),
])
def test_conversion_parameters(loader, column, options, table):
    check(loader, column, table, options)


# Bytes that are not UTF-8, the run of each, and COPY's number for it (section 2, code 1220).
BAD_BYTES = [
    (b"\xa4", 1, "a4 (error 3)"), (b"\xff", 1, "ff (error 3)"), (b"\xc3(", 1, "c3 (error 4)"),
    (b"\xe2\x82", 2, "e2 82 (error 2)"), (b"\xe2\x82x", 2, "e2 82 (error 4)"),
    (b"\xed\xa0\x80", 3, "ed a0 80 (error 5)"), (b"\xf4\x90\x80\x80", 4, "f4 90 80 80 (error 8)"),
    (b"\xf8\x88\x80\x80\x80", 5, "f8 88 80 80 80 (error 1)"), (b"\xc0\xaf", 2, "c0 af (error 9)"),
]


@pytest.mark.parametrize("raw, length, told", BAD_BYTES)
def test_bytes_that_are_not_utf8(loader, raw, length, told):
    content = b'{"v":"good"}\n{"v":"a' + raw + b'","w":1}\n{"v":"after"}'
    done = loader.copy("v VARCHAR(20)", content, ALL)
    assert (done.values, done.lines) == (["good", "after"], [2])
    assert done.reasons == [(BAD_TEXT + told)[:len("1220 ") + 100]]
    done = loader.copy("v VARCHAR(20)", content, ALL + " ACCEPTINVCHARS '#'")
    assert done.values == ["good", "a" + "#" * length + raw[length:].decode(), "after"]
    # A column that is not loaded harms nobody.
    done = loader.copy("w INTEGER", content, ALL)
    assert (done.values, done.rejected) == ([None, 1, None], 0)


def test_bad_bytes_within_nested_values(loader):
    paths = loader.write("paths.json", '{"jsonpaths":["$.a.b","$.c[1]"]}')
    content = b'{"a":{"b":"x\xff"},"c":[0,"y"]}\n{"a":{"b":"x"},"c":[0,"\xff"]}\n'
    done = loader.copy("v VARCHAR(9), w VARCHAR(9)", content, ALL, mapping=paths)
    assert done.reasons == [BAD_TEXT + "ff (error 3)"] * 2
    assert [error["column"] for error in done.errors] == ["v", "w"]
    done = loader.copy("v VARCHAR(9), w VARCHAR(9)", content, "ACCEPTINVCHARS", mapping=paths)
    assert done.rows == [("x?", "y"), ("x", "?")]
    done = loader.copy("a VARCHAR(19)", content, ALL)
    assert done.reasons == [BAD_TEXT + "ff (error 3)"]
    assert done.values == ['{"b": "x"}']


def test_explicit_ids(loader):
    columns = "id INTEGER IDENTITY(10,5), v VARCHAR(5)"
    rows = '{"id":3,"v":"a"}{"id":4,"v":"b"}'
    assert loader.copy(columns, rows).rows == [(10, "a"), (15, "b")]
    assert loader.copy(columns, rows, "EXPLICIT_IDS").rows == [(3, "a"), (4, "b")]


@pytest.mark.parametrize("options, bad, fails", [
    ("", 0, False), ("", 1, True), ("MAXERROR 0", 1, True), ("MAXERROR 1", 1, True),
    ("MAXERROR 2", 1, False), ("MAXERROR AS 3", 2, False), ("MAXERROR 3", 3, True),
    ("MAXERROR 3", 7, True), ("IGNOREALLERRORS", 50, False),
])
def test_maxerror_fails_at_the_nth_error(loader, options, bad, fails):
    """Fact 4. All errors are listed, also those after the one that failed the load."""
    content = '{"v":1}\n' + '{"v":"x"}\n' * bad + '{"v":2}\n'
    done = loader.copy("v INTEGER", content, options)
    assert (done.failed, done.rejected, done.records) == (fails, bad, bad + 2)
    assert done.values == ([] if fails else [1, 2])
    assert done.lines == list(range(2, bad + 2))


def test_first_thousand_errors_are_listed(loader):
    content = "".join(f'{{"v":{i}}}\n{{"v":"x{i}"}}\n' for i in range(1500))
    done = loader.copy("v INTEGER", content, "IGNOREALLERRORS")
    assert (done.loaded, done.rejected, len(done.errors)) == (1500, 1500, 1000)
    assert done.lines == list(range(2, 2001, 2))
    done = loader.copy("v INTEGER", content)
    assert (done.failed, done.lines[0], len(done.errors), done.rows) == (True, 2, 1000, [])


def test_noload_checks_only(loader):
    content = '{"v":1}\n{"v":"x"}\n'
    done = loader.copy("v INTEGER", content, "NOLOAD MAXERROR 9")
    assert (done.rows, done.loaded, done.rejected, done.failed) == ([], 1, 1, False)
    assert loader.copy("v INTEGER", content, "NOLOAD").failed
    assert loader.query("SELECT count(*) FROM stl_load_errors WHERE tbl = 't'::regclass::oid::int"
                        ) == [(1,)]


def test_statupdate(loader):
    """Default: a load into an empty table refreshes the planner's statistics."""
    known = "SELECT count(*) FROM pg_stats WHERE tablename = 't'"
    loader.copy("v INTEGER", '{"v":1}{"v":2}')
    assert loader.query(known) == [(1,)]
    loader.copy("v INTEGER", '{"v":1}{"v":2}', "STATUPDATE OFF")
    assert loader.query(known) == [(0,)]


def zstd(content):
    """A frame of one raw block (RFC 8878): this Python has no encoder of its own."""
    assert len(content) < 1 << 17
    header = (len(content) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\xa0" + len(content).to_bytes(4, "little") + header + content


@pytest.mark.parametrize("option, pack", [("GZIP", gzip.compress), ("BZIP2", bz2.compress),
                                          ("ZSTD", zstd)])
def test_compression(loader, option, pack):
    rows = b"".join(b'{"v":%d}\n' % i for i in range(3000))
    assert loader.copy("v INTEGER", pack(rows), option).values == list(range(3000))
    # Members and frames that follow one another are one file.
    assert loader.copy("v INTEGER", pack(rows) + pack(rows), option).loaded == 6000
    # 1.8: cut short or not packed at all, the COPY fails and loads nothing.
    for broken in (pack(rows)[:-9], rows):
        done = loader.copy("v INTEGER", broken, option + " IGNOREALLERRORS")
        assert (bool(done.error), done.rows) == (True, []), broken[:40]
    # Without the option the bytes are taken as they are.
    assert loader.copy("v INTEGER", pack(rows)).failed


def test_ignoreheader_counts_lines(loader):
    content = 'title\n"a\n{"v":1}\n{"v":"x"}\n'
    done = loader.copy("v INTEGER", content, f"IGNOREHEADER 2 {ALL}")
    assert (done.values, done.lines) == ([1], [4])
    done = loader.copy("v INTEGER", '{"v":\n1}{"v":2}', f"IGNOREHEADER AS 1 {ALL}")
    assert (done.values, done.reasons) == ([2], [INVALID])
    assert loader.copy("v INTEGER", content, "IGNOREHEADER 9").records == 0
    # A header beyond what is read at first.
    done = loader.copy("v INTEGER", "x" * 9000 + "\n" + '{"v":1}', "IGNOREHEADER 1")
    assert done.values == [1]


@pytest.mark.parametrize("option, told", [
    ("CSV", "format CSV"), ("DELIMITER ','", "DELIMITER"), ("ESCAPE", "ESCAPE"),
    ("FILLRECORD", "FILLRECORD"), ("FIXEDWIDTH '1'", "FIXEDWIDTH"),
    ("REMOVEQUOTES", "REMOVEQUOTES"), ("IGNOREBLANKLINES", "IGNOREBLANKLINES"),
    ("NULL AS 'x'", "NULL"), ("READRATIO 5", "READRATIO"),
    ("LZOP", "LZOP"), ("ENCRYPTED", "ENCRYPTED"), ("ENCODING UTF16", "UTF16"),
    ("MAXERROR 100001", "100000"), ("MAXERROR 1 IGNOREALLERRORS", "MAXERROR"),
    ("TIMEFORMAT 'EPOCHSECS'", "EPOCHSECS"), ("SORTED", "SORTED"),
])
def test_refused_options(loader, option, told):
    done = loader.copy("v INTEGER", '{"v":1}', option)
    assert (told in done.error, done.kind, done.rows) == (True, USAGE, []), done


# ---- 1.1 Matching, 1.2 Data file grammar --------------------------------------------------------


def test_matching_of_keys(loader):
    columns = "firstname VARCHAR(9), first_name VARCHAR(9)"
    row = '{"zzz":[],"firstName":"a","first_name":"b","FIRST_NAME":"c"}'
    assert loader.copy(columns, row).rows == [(None, "b")]
    done = loader.copy(columns, row, mapping="auto ignorecase")
    assert done.rows == [("a", "c")]  # of one name the last counts
    # Escapes in keys are resolved before they are compared.
    assert loader.copy("ab INTEGER", r'{"\u0061b":1}{"a\u0062":2}{"ab":3}').values == [1, 2, 3]
    # Section 9: of duplicate keys the last counts.
    assert loader.copy("v INTEGER", '{"v":1,"v":2}{"v":1,"v":null}').values == [2, None]


def test_noshred(loader):
    done = loader.copy("doc SUPER", '{"a":1} [2, 3]', mapping="noshred", select="doc::text")
    assert done.values == ['{"a": 1}', "[2, 3]"]
    done = loader.copy("doc SUPER, x INTEGER", "{}", mapping="noshred")
    assert done.kind == USAGE


# Content, rows, and the line of each reject (all 1216): what stands between valid records, and
# what breaks them. A broken record costs itself.
GRAMMAR = {
    "nothing": ("", [], []),
    "white space only": (" \n\r\n\t", [], []),
    "one": ('{"v":1}', [1], []),
    "no separator": ('{"v":1}{"v":2}{"v":3}', [1, 2, 3], []),
    "spaces and tabs": ('  {"v":1} \t {"v":2}  ', [1, 2], []),
    "lines": ('{"v":1}\n{"v":2}\n', [1, 2], []),
    "blank lines": ('\n\n{"v":1}\n\n \n{"v":2}\n\n', [1, 2], []),
    "CRLF": ('{"v":1}\r\n{"v":2}\r\n', [1, 2], []),
    "CR only": ('{"v":1}\r{"v":2}\r', [1, 2], []),
    "byte order mark": ('\ufeff{"v":1}\n{"v":2}', [1, 2], []),
    "byte order mark alone": ("\ufeff", [], []),
    "mark within": ('{"v":1}\n\ufeff{"v":2}', [1, 2], [2]),
    "pretty": ('{\n  "v": 1\n}\n{\n  "v": 2,\n  "w": [\n    {\n      "x": 1\n    }\n  ]\n}\n',
               [1, 2], []),
    "braces in columns": ('{"w":[\n{"v":8},\n{"v":9}\n],"v":1}\n{"v":2}', [1, 2], []),
    "members on lines": ('{"v":1\n,"w":2}{"v":2}', [1, 2], []),
    "empty object": ("{}{ }", [None, None], []),
    "comma": ('{"v":1},{"v":2}', [1, 2], [1]),
    "comma at line's end": ('{"v":1},\n{"v":2},\n{"v":3}', [1, 2, 3], [1, 2]),
    "comma on its line": ('{"v":1}\n,\n{"v":2}', [1, 2], [2]),
    "word": ('{"v":1}\nabc\n{"v":2}', [1, 2], [2]),
    "words": ("abc\ndef\n\nghi", [], [1, 2, 4]),
    "closing brackets": ('{"v":1}}\n{"v":2}]\n{"v":3}', [1, 2, 3], [1, 2]),
    "scalars": ('1\n"x"\nnull\n{"v":1}', [1], [1, 2, 3]),
    "junk before": ('x{"v":1}', [1], [1]),
    "array of objects": ('[{"v":1},{"v":2}]', [], [1]),
    "array of objects on lines": ('[\n{"v":1},\n{"v":2}\n]\n', [], [4]),
    "array and object": ('[1]\n{"v":1}', [1], [1]),
    "no value": ('{"v":}\n{"v":2}', [2], [1]),
    "bad value": ('{"v":tru}\n{"v":2}', [2], [1]),
    "bad value elsewhere": ('{"v":1,"w":nul}\n{"v":2,"w":[1,]}\n{"v":3,"w":{"x"}}', [], [1, 2, 3]),
    "trailing comma": ('{"v":1,}{"v":2}', [2], [1]),
    "single quotes": ("{'v':1}\n{\"v\":2}", [2], [1]),
    "NaN": ('{"v":NaN}\n{"v":2}', [2], [1]),
    "leading zero": ('{"v":01}\n{"v":2}', [2], [1]),
    "comment": ('{"v":1} // x\n{"v":2}', [1, 2], [1]),
    "no end": ('{"v":1\n{"v":2}\n{"v":3}', [2, 3], [1]),
    "no end after a comma": ('{"v":1,\n{"v":2}\n{"v":3}', [2, 3], [1]),
    "no end at the end": ('{"v":2}\n{"v":1\n', [2], [2]),
    "no end, many": ('{"v":1\n' * 5 + '{"v":2}', [2], [1, 2, 3, 4, 5]),
    "no beginning": ('"v":1}\n{"v":2}', [2], [1]),
    "open string": ('{"v":"1\n{"v":2}\n', [2], [1]),
    "open string, escaped quote": ('{"w":"1\\"\n{"v":2}\n', [2], [1]),
    "open string, only its quote": ('{"w":"\n{"v":2}\n', [2], [1]),
    "open string, backslash": ('{"w":"1\\\n{"v":2}\n', [2], [1]),
    "line break in a string": ('{"w":"a\nb","v":1}\n{"v":2}', [2], [1, 2]),
    "broken and closed later": ('{"v":1\n{"v":2}\n}\n{"v":3}', [2, 3], [1, 3]),
    "broken bracket": ('{"w":[1}\n{"v":2}\n', [2], [1]),
    "pretty, broken": ('{\n "v": 1,\n "w": }\n{\n "v": 2\n}\n', [2], [3]),
    "two on a line, one broken": ('{"v":1}{"v":}{"v":3}\n{"v":4}', [1, 3, 4], [1]),
    "control character": ('{"w":"a\tb"}\n{"v":\x0c2}\n{"v":3\x01}\n{"v":4}', [4], [1, 2, 3]),
    "NUL": ('{"v":1}\n\0\n{"v":2\0}\n{"v":3}', [1, 3], [2, 3]),
    "bad escapes": (r'{"w":"\x"}' "\n" r'{"w":"\u12g4"}' "\n" r'{"\q":1}' "\n" '{"v":1}', [1],
                    [1, 2, 3]),
}


@pytest.mark.parametrize("name", GRAMMAR)
def test_grammar(loader, name):
    content, rows, lines = GRAMMAR[name]
    done = loader.copy("v INTEGER", content, ALL)
    assert (done.values, done.lines) == (rows, lines)
    assert done.reasons == [INVALID] * len(lines)
    assert done.records == len(rows) + len(lines)


def test_line_number_is_the_last_line_of_the_object(loader):
    content = '\n{\n"v":"x"\n}\n{"v":1}{"v":\n"y"}\r\n\r\n{"v":"z"}'
    done = loader.copy("v INTEGER", content, ALL)
    assert (done.values, done.lines) == ([1], [4, 6, 8])


def test_depth(loader):
    """Documented limit: a thousand brackets within brackets."""
    def nested(depth):
        return '{"v":1,"w":' + "[" * (depth - 1) + "]" * (depth - 1) + "}\n"

    done = loader.copy("v INTEGER", nested(1000) + nested(1001) + '{"v":2}', ALL)
    assert (done.values, done.lines) == ([1, 2], [2])
    done = loader.copy("v INTEGER", "[" * 100000 + "\n" + '{"v":2}', ALL)
    assert (done.values, done.lines) == ([2], [1])


def test_large_numbers_harm_no_other_column(loader):
    """A number need not fit any type of ours to be valid JSON, nested or not."""
    content = "".join(f'{{"w":{w},"v":1}}\n' for w in [
        "123456789012345678901234567890", "[123456789012345678901234567890]", '{"x":1e999}',
        "[-1e-999]"])
    assert loader.copy("v INTEGER", content).values == [1] * 4


# ---- 1.3 JSONPaths ------------------------------------------------------------------------------

FRIENDS = ('{"id":7,"friends":[{"id": 0,"name":"Ann"},\n {"name" : "Renaldo", "id":1}],'
           '"tags":["nisi", "culpa"],"pos":{"x":{"y":1.50}},"none":null}')


@pytest.mark.parametrize("path, expected", [
    ("$.id", "7"), ("$['id']", "7"), ("$.friends[0].name", "Ann"),
    ("$['friends'][1]['name']", "Renaldo"), ("$.friends[1]", '{"name": "Renaldo","id": 1}'),
    ("$.tags", '["nisi","culpa"]'), ("$.tags[1]", "culpa"), ("$.pos", '{"x": {"y": 1.50}}'),
    ("$.pos.x.y", "1.50"), ("$.none", None),
    ("$.nothing", None), ("$.pos.nothing.y", None), ("$.id.deeper", None), ("$.tags.name", None),
    ("$.nothing[0]", None), ("$", json.dumps(json.loads(FRIENDS), separators=(",", ": "))
                             .replace("1.5}", "1.50}")),
])
def test_jsonpaths(loader, path, expected):
    paths = loader.write("paths.json", json.dumps({"jsonpaths": [path]}))
    done = loader.copy("v VARCHAR(300)", FRIENDS, mapping=paths)
    assert (done.error, done.errors, done.values) == ("", [], [expected])


@pytest.mark.parametrize("path", ["$.tags[2]", "$.id[0]", "$.pos[0]", "$.none[0]",
                                  "$.friends[0].name[0]", "$[0]"])
def test_missing_array_element_fails_the_copy(loader, path):
    paths = loader.write("paths.json", json.dumps({"jsonpaths": [path]}))
    data = loader.write("data.json", '{"x":1}\n' * (path != "$[0]") + FRIENDS)
    done = loader.copy("v VARCHAR(300)", data, "IGNOREALLERRORS", mapping=paths)
    line = 1 + data.read_text().count("\n")
    assert done.error == (f"{data}, line {line}: Invalid JSONPath format: "
                          "Not an array or index out of range.")
    assert (done.kind, done.rows) == (REJECTED, [])


def test_jsonpaths_go_by_position(loader):
    columns = "a INTEGER, id INTEGER IDENTITY(1,1), b VARCHAR(9)"
    paths = loader.write("paths.json", '{"jsonpaths":["$.y","$.x"]}')
    row = '{"x":"one","y":2,"a":99}'
    assert loader.copy(columns, row, mapping=paths).rows == [(2, 1, "one")]
    assert loader.copy(columns, row, mapping=paths, target="t (b, a)").errors[0]["column"] == "a"
    done = loader.copy("a INTEGER", row, mapping=paths)
    assert "Number of jsonpaths and the number of columns should match" in done.error
    # The same place may be asked for twice, and a place within it.
    paths = loader.write("paths.json", '{"jsonpaths":["$.o","$.o","$.o.p"]}')
    done = loader.copy("a VARCHAR(9), b SUPER, c INTEGER", '{"o":{"p":1}}', mapping=paths)
    assert done.rows == [('{"p": 1}', {"p": 1}, 1)]


def test_jsonpaths_of_duplicate_keys(loader):
    """Section 9: the last counts, with all that is in it."""
    paths = loader.write("paths.json", '{"jsonpaths":["$.a.b","$.a.c"]}')
    content = '{"a":{"b":1},"a":{"c":2}}{"a":{"b":1,"c":2},"a":5}{"a":7,"a":{"b":3}}'
    done = loader.copy("b INTEGER, c INTEGER", content, mapping=paths)
    assert done.rows == [(None, 2), (None, None), (3, None)]


def test_arrays_as_rows(loader):
    paths = loader.write("paths.json", '{"jsonpaths":["$[0]","$[1]"]}')
    content = '[1,"a"]\n[2,"b"][3,null]\n[\n4,\n["x"]\n]'
    done = loader.copy("v INTEGER, w VARCHAR(9)", content, mapping=paths)
    assert done.rows == [(1, "a"), (2, "b"), (3, None), (4, '["x"]')]
    done = loader.copy("v INTEGER, w VARCHAR(9)", '[1,"a"\n[2,"b"]\n[3,]\n[4,"d"]', ALL,
                       mapping=paths)
    assert (done.values, done.lines) == ([2, 4], [1, 3])


@pytest.mark.parametrize("text, told", [
    ('{"jsonpaths":["$.a"]', "parse error"), ('{"jsonpaths":["$.a"]}{}', "parse error"),
    ('{"jsonpaths":[""]}', "empty"), ('{"jsonpaths":[1]}', "not a string"), ("[]", "not a JSON"),
    ('{"jsonpaths":["$.*"]}', "wildcard"), ("", "parse error"),
])
def test_bad_jsonpaths_file_fails_the_copy(loader, text, told):
    paths = loader.write("paths.json", text)
    done = loader.copy("a INTEGER", '{"a":1}', "IGNOREALLERRORS", mapping=paths)
    assert (told in done.error, done.kind, done.rows) == (True, REJECTED, []), done


def test_wrong_key_in_the_jsonpaths_file_means_auto(loader):
    paths = loader.write("paths.json", '{"jsonPaths":["$.b"]}')
    assert loader.copy("a INTEGER", '{"a":1,"b":2}', mapping=paths).values == [1]
    done = loader.copy("a INTEGER", '{"a":1}', mapping=loader.folder / "none.json")
    assert "none.json" in done.error


# ---- 1.6 Manifests, 1.7 Source selection --------------------------------------------------------


def manifest(loader, *entries):
    listed = [{"url": str(loader.folder / name), **rest} for name, rest in entries]
    return loader.write("manifest", json.dumps({"entries": listed}))


def test_manifest(loader):
    for i in range(3):
        loader.write(f"d/{i}.json", f'{{"v":{i}}}')
    must, may = {"mandatory": True}, {}
    done = loader.copy("v INTEGER", manifest(loader, ("d/2.json", must), ("d/0.json", may)),
                       "MANIFEST")
    assert done.values == [2, 0]
    twice = manifest(loader, ("d/1.json", must), ("d/1.json", {"meta": {"content_length": 7}}))
    assert loader.copy("v INTEGER", twice, "MANIFEST").values == [1, 1]
    some = manifest(loader, ("d/1.json", may), ("d/gone.json", may))
    assert loader.copy("v INTEGER", some, "MANIFEST").values == [1]
    for entries in ([("d/1.json", may), ("d/gone.json", must)], [("d/gone.json", may)],
                    [("d", must)]):
        done = loader.copy("v INTEGER", manifest(loader, *entries), "MANIFEST IGNOREALLERRORS")
        assert (done.kind, done.rows) == (FAILED, []), entries
    # The data are packed, the manifest never is.
    loader.write("d/p.gz", gzip.compress(b'{"v":9}'))
    packed = manifest(loader, ("d/p.gz", must))
    assert loader.copy("v INTEGER", packed, "MANIFEST GZIP").values == [9]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"entries":[]}', '{"entries":[{}]}',
                                  '{"entries":[{"url":1}]}', '{"entries":[{"url":"x"}]'])
def test_bad_manifest_fails_the_copy(loader, text):
    done = loader.copy("v INTEGER", loader.write("manifest", text), "MANIFEST")
    assert (done.error.startswith("bad manifest"), done.kind) == (True, REJECTED)


def test_manifest_without_the_word_is_data(loader):
    loader.write("d/0.json", '{"v":1}')
    done = loader.copy("v INTEGER", manifest(loader, ("d/0.json", {})))
    assert done.values == [None]


def test_prefixes(loader):
    """1.7, for paths: a folder stands for all below it, anything else for what begins with it."""
    files = {"song_data/A/1.json": 1, "song_data/B/2.json": 2, "song_data_old/3.json": 3,
             "song_data.log": 4}
    for name, value in files.items():
        loader.write(name, f'{{"v":{value}}}')
    for prefix, expected in {"song_data": [1, 2], "song_data/": [1, 2], "song_dat": [1, 2, 3, 4],
                             "song_data_": [3], "song_data/A": [1], "song_data/A/1": [1],
                             "song_data.log": [4]}.items():
        done = loader.copy("v INTEGER", loader.folder / prefix if prefix[-1] != "/" else
                           loader.folder / prefix)
        assert sorted(done.values) == expected, prefix
    done = loader.copy("v INTEGER", loader.folder / "nothing")
    assert (done.kind, "nothing" in done.error) == (FAILED, True)


def test_errors_name_their_file_in_order(loader):
    for i in range(40):
        loader.write(f"d/{i:02}.json", f'{{"v":{i}}}' if i % 3 else f'\n{{"v":"x{i}"}}')
    done = loader.copy("v INTEGER", loader.folder / "d", ALL)
    assert [error["filename"] for error in done.errors] == [
        str(loader.folder / f"d/{i:02}.json") for i in range(0, 40, 3)]
    assert done.lines == [2] * 14


# ---- 1.8 What fails outright --------------------------------------------------------------------


def record_of(size, number=1):
    """A record of so many bytes."""
    head, tail = f'{{"v":{number},"w":"', '"}'
    return head + "x" * (size - len(head) - len(tail)) + tail


@pytest.mark.parametrize("before, after", [("", ""), ('{"v":0}\n', '\n{"v":2}\n'),
                                           ('{"v":0}', '{"v":2}'),
                                           ('{"v":0}\n' * 150000, '\n{"v":2}\n' * 300000)])
def test_objects_of_four_megabytes(loader, before, after):
    done = loader.copy("v INTEGER", before + record_of(HUGE) + after)
    assert done.loaded == 1 + before.count("v") + after.count("v")
    done = loader.copy("v INTEGER", before + record_of(HUGE + 1) + after, "IGNOREALLERRORS")
    assert (done.kind, done.rows) == (REJECTED, [])
    line = 1 + before.count("\n")
    assert f"line {line}: a JSON object is larger than 4 MB" in done.error
    done = loader.copy("v INTEGER", before + record_of(3 * HUGE) + after, "IGNOREALLERRORS")
    assert (done.kind, done.rows) == (REJECTED, [])
    assert "a JSON object is larger than 4 MB or never ends" in done.error


def test_a_folder_of_one_missing_file(loader):
    done = loader.copy("v INTEGER", loader.folder / "data.json" / "none")
    assert done.kind == FAILED
    done = loader.copy("v INTEGER", '{"v":1}', target="nobody")
    assert "nobody" in done.error


# ---- 2 Codes and texts, 3 stl_load_errors -------------------------------------------------------

TWENTY = 'a VARCHAR(3), b INTEGER, c DECIMAL(4,1), d DOUBLE PRECISION, e BOOLEAN, f DATE, ' \
         'g TIMESTAMP, h CHAR(2), i BIGINT NOT NULL, j SUPER'
# A member, and column, type, length, position, raw value, code and reason of its reject.
REJECTS = [
    ('"a":"abcd"', "a", "varchar", "3", 0, "abcd", TOO_LONG),
    ('"a":12345', "a", "varchar", "3", 0, "12345", TOO_LONG),
    (r'"a":"\u0000"', "a", "varchar", "3", 0, r'"\u0000"', BAD_TEXT + "00 (error 9)"),
    ('"b":"1x"', "b", "int4", "0", 1, "1x", digit(1207, "x", 1, "Integer")),
    ('"b":3000000000', "b", "int4", "0", 0, "3000000000", overflow("Integer")),
    ('"b":{"x" : 1}', "b", "int4", "0", 0, '{"x" : 1}', digit(1207, "{", 0, "Integer")),
    ('"c":"1,5"', "c", "numeric", "4", 1, "1,5", digit(1209, ",", 1, "Decimal")),
    ('"c":1000', "c", "numeric", "4", 0, "1000", overflow("Decimal")),
    ('"d":"x"', "d", "float8", "0", 0, "x", digit(1208, "x", 0, "Double")),
    ('"e":"maybe"', "e", "bool", "0", 0, "maybe", NO_BOOLEAN),
    ('"f":"2018-13-01"', "f", "date", "0", 0, "2018-13-01", NO_DATE),
    ('"g":"now"', "g", "timestamp", "0", 0, "now", NO_TIME),
    ('"h":"abc"', "h", "char", "2", 0, "abc", "1204 Char length exceeds DDL length"),
    ('"h":"a\u00e9"', "h", "char", "2", 1, "a\u00e9",
     "1220 Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). "
     "Invalid char: c3 a9"),
    ('"i":null', "i", "int8", "0", 0, "null", MISSING),
    ('"i":""', "i", "int8", "0", 0, "", MISSING),
    ('"i":1.5', "i", "int8", "0", 1, "1.5", digit(1207, ".", 1, "Long")),
    (r'"j":["\u0000"]', "j", "super", "0", 0, r'["\u0000"]', "1224 Invalid JSON value for SUPER"),
    ('"a":tru', "", "", "", 0, "", INVALID),
    ('"a":"x', "", "", "", 0, "", INVALID),
]


def test_rejects_are_explained(loader):
    lines = [f'{{"i":1,{member}}}' for member, *_ in REJECTS]
    done = loader.copy(TWENTY, "\n".join(lines) + '\n{"i":2}', ALL)
    assert (done.loaded, done.lines) == (1, list(range(1, 21)))
    keys = ("column", "type", "length", "position", "raw_value")
    for row, error in zip(REJECTS, done.errors):
        assert (*(error[key] for key in keys), f"{error['code']} {error['reason']}") == row[1:]
    # The view holds the same, and the line as far as it can show it.
    rows = loader.query("SELECT filename, line_number, colname, type, col_length, position, "
                        "raw_field_value, err_code || ' ' || err_reason, raw_line "
                        "FROM stl_load_errors WHERE tbl = 't'::regclass::oid::int "
                        "ORDER BY line_number")
    path = str(loader.folder / "data.json")
    dots = ["".join("." * len(c.encode()) if ord(c) > 127 else c for c in line) for line in lines]
    assert rows == [(path, i + 1, *row[1:], dots[i]) for i, row in enumerate(REJECTS)]


def test_widths_of_the_error_view(loader):
    """err_reason holds 100 bytes, raw values 1,024, never half a character."""
    value = "é" * 2000
    done = loader.copy("a VARCHAR(3)", json.dumps({"a": value}, ensure_ascii=False), ALL)
    assert done.errors[0]["raw_value"] == "é" * 512
    assert len(loader.query("SELECT raw_line FROM stl_load_errors "
                            "WHERE tbl = 't'::regclass::oid::int")[0][0]) == 1024
    done = loader.copy("a VARCHAR(3)", b'{"a":"' + b"\xf8\x88\x80\x80\x80" * 3 + b'"}', ALL)
    assert max(len(error["reason"].encode()) for error in done.errors) <= 100


def test_a_failed_copy_leaves_the_table_and_lists_its_errors(loader):
    loader.copy("v INTEGER", '{"v":1}')
    done = loader.copy(None, '{"v":2}\n' * 50000 + '{"v":"x"}\n')
    assert (done.failed, done.rows) == (True, [(1,)])
    session = loader.query("SELECT session, line_number, err_code FROM stl_load_errors "
                           "WHERE tbl = 't'::regclass::oid::int")
    assert [row[1:] for row in session] == [(50001, 1207)]
    assert session[0][0] > 0
    # A second COPY appends.
    assert loader.copy(None, '{"v":2}').values == [1, 2]


def test_a_copy_belongs_to_its_transaction(loader):
    data = loader.write("data.json", '{"v":1}')
    copy = f"COPY t FROM '{data}' FORMAT AS JSON 'auto';"
    loader.table("v INTEGER")
    results = loader.run(f"BEGIN; {copy} SELECT count(*) FROM t; ROLLBACK; SELECT count(*) FROM t;")
    assert (results[1]["loaded"], results[2]["rows"], results[4]["rows"]) == (1, [["1"]], [["0"]])
    results = loader.run(f"BEGIN; {copy} {copy} COMMIT; SELECT count(*) FROM t;")
    assert results[-1]["rows"] == [["2"]]
    # Fact 8: a failed COPY aborts the transaction; its errors can be read afterwards.
    loader.write("data.json", '{"v":"x"}')
    results = loader.run(f"BEGIN; DELETE FROM t; {copy} ROLLBACK; SELECT count(*) FROM t; "
                         "SELECT err_code FROM stl_load_errors WHERE session = pg_backend_pid();")
    assert (results[2]["failed"], results[4]["rows"], results[5]["rows"]) == (
        True, [["2"]], [["1207"]])


# ---- The traps of the public data ---------------------------------------------------------------

TRAPS = [
    (r'"AC\/DC"', "AC/DC"), (r'"\"Mozilla\/5.0 (Macintosh)\""', '"Mozilla/5.0 (Macintosh)"'),
    (r'"Bj\u00c3\u0083\u00c2\u00b6rk"', "BjÃ\x83Â¶rk"), (r'"Enough\u0019s Enough"',
                                                         "Enough\x19s Enough"),
    (r'"Montr\ufffd, Qu\ufffdc, Canada"', "Montr\ufffd, Qu\ufffdc, Canada"),
    (r'"\tLondon\t"', "\tLondon\t"), (r'"Heavy Soul "', "Heavy Soul "),
    (r'"Roma\u00a0"', "Roma\u00a0"), ('" "', " "), (r'"Tokyo|199"', "Tokyo|199"),
    (r'"<a href=\"http:\/\/x.y\" onmousedown=\"z(\u0027\u0027)\">Mil\u00e3o<\/a>"',
     '<a href="http://x.y" onmousedown="z(\'\')">Milão</a>'),
    (r'"a\u0001\u001f\u007f\u0085"', "a\x01\x1f\x7f\x85"), (r'"\b\f\n\r\t\\"', "\b\f\n\r\t\\"),
    (r'"\ud83d\ude00\uffff\ufdd0"', "😀\uffff\ufdd0"), ("1888", "1888"), ("4.6", "4.6"),
    ("27", "27"), ("null", None), (r'"\u00E9"', "é"),
    ('"Weird Al\\" Yankovic"', 'Weird Al" Yankovic'),
]


def test_traps_in_text(loader):
    check(loader, "VARCHAR(256)", dict(TRAPS))


def test_traps_in_numbers(loader):
    """userId "" and quoted, registration N.0, length with 3 to 5 decimals, ts in milliseconds."""
    check(loader, "INTEGER", {'""': None, '"101"': "101", "null": None})
    check(loader, "BIGINT", {"1540344794796.0": "1540344794796", "1541105830796": "1541105830796"})
    check(loader, "DECIMAL(10,5)", {"269.58322": "269.58322", "15.85587": "15.85587",
                                    "2709.2371": "2709.23710"})


# ---- Chunk boundaries ---------------------------------------------------------------------------


def mixed_pieces(choose, count):
    """Texts of lines with what each must become: the values of its rows, and after which of its
    lines a reject is told."""
    for i in range(count):
        pad = "x" * choose.randrange(400)
        yield choose.choice([
            (f'{{"v":{i},"w":"{pad}"}}\n', [i], []),
            (f'{{"v":{i},"w":"{pad}"}}\r\n', [i], []),
            (f'{{\n  "v": {i},\n  "w": [\n    {{"z": "{pad}"}},\n    {{}}\n  ]\n}}\n', [i], []),
            (f'{{"v":{i}}}{{"v":{i + count}}} {{"v":{i + 2 * count}}}\n',
             [i, i + count, i + 2 * count], []),
            (f'{{"w":"}}{{\\"","v":{i}}}\n\n   \n', [i], []),
            (f'{{"v":"{pad}"}}\n' if pad else '{"v":"x"}\n', [], [0]),
            (f'{{"v":{i},"w":"{pad}\n', [], [0]),
            # What is open goes on in the next line unless that begins a record.
            (f'{{"v":{i},"w":["{pad}"}}\n{{"v":{i}}}\n', [i], [0]),
            (f'{{"v":{i},"w":{{\n{{"v":{i}}}\n', [i], [0]),
            (f"junk {pad} }}\n", [], [0]),
            (f'{{\n "v": {i},\n "w": "{pad}"\n "x"\n}}\n', [], [4]),
        ])


@pytest.mark.parametrize("seed", range(4))
def test_chunks_do_not_show(loader, seed):
    """Whatever falls on the places where a file is cut, rows and rejects are the same."""
    choose = random.Random(seed)
    pieces = list(mixed_pieces(choose, 20000))
    rows, lines, line = [], [], 1
    for text, values, rejects in pieces:
        rows += values
        lines += [line + reject for reject in rejects]
        line += text.count("\n")
    content = "".join(text for text, *_ in pieces)
    assert len(content) > 3 << 20
    for shift in [0, *(choose.randrange(1, 5000) for _ in range(3))]:
        done = loader.copy("v BIGINT", " " * shift + content, "IGNOREALLERRORS")
        assert (done.error, done.failed) == ("", False)
        assert (done.loaded, done.rejected, done.values) == (len(rows), len(lines), rows)
        assert done.lines == lines[:1000]


def test_chunks_without_any_line_break(loader):
    choose = random.Random(5)
    values = list(range(30000))
    content = "".join(f'{{"w":"{"}" * choose.randrange(200)}","v":{value}}}' for value in values)
    assert len(content) > 3 << 20
    done = loader.copy("v INTEGER", content)
    assert (done.values, done.rejected) == (values, 0)
    broken = content.replace('"v":20000}', '"v":}').replace('"v":29999}', '"v":29999,}')
    done = loader.copy("v INTEGER", broken, ALL)
    assert (done.values, done.lines) == (values[:20000] + values[20001:-1], [1, 1])


def test_one_long_line_of_many_records(loader):
    """Looked at once, not once for each of its records: that would end with the test run's limit."""
    records = [f'{{"v":{i}}}' for i in range(400000)]
    path = loader.write("data.json", "".join(records))
    assert loader.copy("v INTEGER", path, "NOLOAD").loaded == len(records)


@pytest.mark.parametrize("line", ['{"v":1\n', '{"v":1,\n', '{"v":[1\n', '{"v":"1\n', "junk\n",
                                  "}\n", '{"v":"\n'])
def test_large_files_of_nothing_but_broken_lines(loader, line):
    """Each line is one reject, and none of them makes the next ones slower to find."""
    count = (6 << 20) // len(line)
    done = loader.copy("v INTEGER", line * count + '{"v":2}\n', "IGNOREALLERRORS")
    assert done.error == ""
    assert (done.values, done.rejected) == ([2], count)


@pytest.mark.parametrize("space", [" ", "\n", "\r\n", " \n"])
def test_large_stretches_of_white_space(loader, space):
    blank = space * ((6 << 20) // len(space))
    done = loader.copy("v INTEGER", f'{blank}{{"v":1}}{blank}{{"v":"x"}}{blank}{{"v":2}}', ALL)
    assert (done.values, done.lines) == ([1, 2], [1 + 2 * blank.count("\n")])


@pytest.mark.parametrize("size", [HUGE, HUGE - 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_huge_objects_between_small_ones(loader, size):
    before = '{"v":1}\n' * 1000
    for text in (record_of(size, 5), record_of(size - 3, 5).replace(',"w"', '\n,\n\n"w"')):
        done = loader.copy("v INTEGER", before + text + '\n{"v":"x"}\n' + before, ALL)
        assert (done.loaded, done.lines) == (2001, [1002 + text.count("\n")])


@pytest.mark.parametrize("broken", ['{"v":1,"w":', '{"v":"', '{"v":1}}', "junk", '{"v":[1}'])
def test_broken_record_at_the_end_of_a_chunk(loader, broken):
    """The first chunk ends at 1 MiB: a broken line ends before it, at it, and after it."""
    line = record_of(1024) + "\n"
    count = (1 << 20) // len(line) - 1
    lost = broken != '{"v":1}}'
    for over in [-30, *range(-len(broken) - 2, len(broken) + 3), 30]:
        blank = " " * ((1 << 20) + over - len(line) * count - len(broken) - 1) + "\n"
        done = loader.copy("v INTEGER", line * count + blank + broken + "\n" + line * 20, ALL)
        assert (done.loaded, done.rejected) == (count + 21 - lost, 1), over
        assert done.lines == [count + 2]


def test_many_small_files_share_chunks(loader):
    for i in range(400):
        loader.write(f"d/{i:03}.json", f'{{"v":{i}}}' + ("{" if i % 50 == 7 else ""))
    loader.write("d/150a.json", record_of(HUGE, 1000))
    loader.write("d/200a.json", "")
    loader.write("d/201a.json", '{"v":1001}\n' * 100000)
    done = loader.copy("v INTEGER", loader.folder / "d", ALL)
    expected = list(range(400)) + [1000] + [1001] * 100000
    assert sorted(done.values) == expected
    assert [error["filename"][-8:] for error in done.errors] == [
        f"{i:03}.json" for i in range(7, 400, 50)]


def test_checksum_of_packed_data(loader):
    """A flipped bit in packed data is never loaded as if it were data."""
    rows = b"".join(b'{"v":%d}\n' % i for i in range(20000))
    packed = bytearray(gzip.compress(rows))
    packed[-8] ^= 1
    done = loader.copy("v INTEGER", bytes(packed), "GZIP")
    assert (bool(done.error), done.rows) == (True, [])
    assert zlib.decompress(gzip.compress(rows), 31) == rows
