"""The loader against all texts that Hypothesis can think of.

The oracle is Python's json, as strict as JSON's grammar: no NaN, no Infinity, no bytes that are
not UTF-8; of a key that comes twice the last counts.
"""

import json
import os
import string
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from support.loader import make_loader  # noqa: F401  pylint: disable=unused-import
from support.postgres_fixture import postgres  # noqa: F401  pylint: disable=unused-import

pytestmark = [pytest.mark.db]

EXAMPLES = int(os.environ.get("DWH_EXAMPLES", "60"))
# One example is one COPY of many records, which no deadline fits.
# Without DWH_EXAMPLES every run sees the same ones.
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, database=None,
                    derandomize="DWH_EXAMPLES" not in os.environ,
                    suppress_health_check=list(HealthCheck))
ALL = "IGNOREALLERRORS"


# ---- Texts --------------------------------------------------------------------------------------

CHARACTERS = st.one_of(
    st.characters(exclude_categories=()),  # with lone surrogates and NUL
    st.sampled_from('"\\/\b\f\n\r\t{}[]:, \0\x19\x7f\x85\xa0\ufeff\uffff\ufdd0😀\ud800\udfff'))
SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@st.composite
def escaped_strings(draw):
    """A string, and one of the ways to write it in JSON."""
    text = draw(st.text(CHARACTERS, max_size=40))
    return text, '"' + "".join(escaped(char, draw(st.integers(0, 5))) for char in text) + '"'


def escaped(char, way):
    """A character in JSON: as it is where that is allowed, by its letter, or by its number."""
    if char == "/" and way > 2:
        return "\\/"
    if char in SHORT and way > 1:
        return SHORT[char]
    must = char < " " or char in '"\\' or "\ud800" <= char <= "\udfff"
    if way > 0 and not must:
        return char
    units = char.encode("utf-16-be", "surrogatepass").hex()
    units = units.upper() if way % 2 else units
    return "".join("\\u" + units[at:at + 4] for at in range(0, len(units), 4))


def stored(text):
    """What the column holds of a string: itself, or None if PostgreSQL has no such text."""
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    try:
        joined.encode()
    except UnicodeEncodeError:
        return None
    return None if "\0" in joined else joined


@SETTINGS
@given(strings=st.lists(escaped_strings(), min_size=1, max_size=40))
def test_any_string_is_loaded_unchanged_or_reported(loader, strings):
    lines = [f'{{"id":{i},"v":{token}}}' for i, (_, token) in enumerate(strings)]
    # What the writer wrote is what it meant; two surrogates written apart are one character.
    expected = [stored(json.loads(token)) for _, token in strings]
    assert expected == [stored(text) for text, _ in strings]
    done = loader.copy("id INTEGER, v VARCHAR(65535)",
                       "\n".join(lines).encode("utf-8", "surrogatepass"), ALL)
    assert dict(done.rows) == {i: text for i, text in enumerate(expected) if text is not None}
    assert done.lines == [i + 1 for i, text in enumerate(expected) if text is None]
    assert all(error["code"] == 1220 and error["column"] == "v" for error in done.errors)
    # With ACCEPTINVCHARS all are loaded, and only what is no character is replaced.
    done = loader.copy("id INTEGER, v VARCHAR(65535)", "\n".join(lines).encode(), "ACCEPTINVCHARS")
    assert [text for _, text in sorted(done.rows)] == [
        replaced(json.loads(token)) for _, token in strings]


def replaced(text):
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return "".join("?" if c == "\0" else "???" if "\ud800" <= c <= "\udfff" else c for c in joined)


# ---- Sequences of records and garbage -----------------------------------------------------------

# No line begins with an array: an array takes the objects that follow it for its elements.
GARBAGE = st.one_of(
    st.sampled_from(['{"v":1', '{"v":1,', '{"v":', '{"v":"x', '{"v":"x\\', '{"v":"x\\"', '{"v":[1}',
                     '{"v":{"w":1}', '{"v":[', "{", "}", "]", ",", "x", '"', "nul", "{]", "{}}{",
                     '{"v":[{"w":', "{'v':1}", '{"v":1},', "}{", '"}', "{{{{", "\\"]),
    st.text(st.sampled_from('{}]":,\\ v1\t'), max_size=12))


@st.composite
def valid_lines(draw):
    value = draw(st.integers(0, 10**6))
    return draw(st.sampled_from([
        f'{{"v":{value}}}', f'{{"w":"}}{{]","v":{value}}}', f'{{ "v" : {value} , "w":[[{{}}]]}} ',
        f'{{"w":"\\"","v":{value}}}\r', f'{{"v":{value},"é":"😀"}}\t'])), True


def spans_lines(content):
    """True if some object in it is valid and longer than a line: then its lines are one record."""
    decoder = json.JSONDecoder()
    for at in (at for at, char in enumerate(content) if char == "{"):
        try:
            end = decoder.raw_decode(content, at)[1]
        except ValueError:
            continue
        if "\n" in content[at:end]:
            return True
    return False


@SETTINGS
@given(lines=st.lists(st.one_of(valid_lines(), st.tuples(GARBAGE, st.just(False))), max_size=80))
def test_a_broken_line_costs_no_other(loader, lines):
    """Records that begin and end with their line are loaded, whatever stands in the others."""
    content = "\n".join(line for line, _ in lines)
    assume(not spans_lines(content))
    done = loader.copy("v INTEGER", content, ALL)
    assert done.error == ""
    assert done.records == done.loaded + done.rejected
    expected = [json.loads(line)["v"] for line, valid in lines if valid]
    found = iter(done.values)
    assert not [value for value in expected if value not in found], "lost, or out of order"
    assert all(1 <= line <= len(lines) for line in done.lines)
    garbage = [line for line, valid in lines if not valid and line.strip(" \t")]
    assert done.records == len(expected) or garbage
    assert done.records > len(expected) or not garbage


# ---- What is valid ------------------------------------------------------------------------------

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False,
                    allow_infinity=False), st.text(string.printable, max_size=8),
                    st.text(max_size=5))
DOCUMENTS = st.dictionaries(
    st.text(max_size=4), st.recursive(SCALARS, lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
        max_leaves=8), max_size=4)
# Mutations keep to one line: what a line break in the middle of a record does to the records around
# it is told in the tests above.
BYTES = st.one_of(st.sampled_from([bytes([c]) for c in b'{}[]":,\\/ \t0123456789.eE+-truefalsn\r']),
                  st.sampled_from([b'""', b"\\u00", b"\\ud83d", b"1e5", b"null", b"NaN", b"-0",
                                   b"Infinity", b"\x00", b"\x01", b"\x7f", b"\x0b", b"\x1f",
                                   b"\xc3", b"\xe2\x82\xac", b"\xed\xa0\x80", b"\xff"]))


@st.composite
def mutated(draw):
    """A document, one line long, with a few bytes of it replaced, left out or added."""
    document = json.dumps(draw(DOCUMENTS), ensure_ascii=draw(st.booleans()),
                          separators=draw(st.sampled_from([(",", ":"), (" , ", " : ")])))
    data = bytearray(document.encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data[at:at + draw(st.integers(0, 2))] = draw(BYTES)
    return bytes(data).replace(b"\n", b" ")


def refuse(token):
    raise ValueError(token)


@SETTINGS
@given(lines=st.lists(mutated(), min_size=1, max_size=60))
def test_valid_is_what_python_takes(loader, lines):
    """Each line is a file, so that no other line has a say in its fate."""
    for path in loader.folder.glob("d/*"):
        path.unlink()
    for i, line in enumerate(lines):
        loader.write(f"d/{i:02}.json", line)
    done = loader.copy("nowhere INTEGER", loader.folder / "d", ALL)
    assert done.error == ""
    assert set(done.reasons) <= {"1216 Invalid value."}
    refused = {int(error["filename"][-7:-5]) for error in done.errors}
    # Bytes that are not UTF-8 make a record bad only where a column wants them.
    texts = [i for i, line in enumerate(lines) if is_text(line)]
    assert [lines[i] for i in texts if i in refused] == [
        lines[i] for i in texts if objects_in(lines[i]) is None]
    if len(texts) == len(lines) and not refused:
        assert done.loaded == sum(objects_in(line) for line in lines)


def is_text(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def objects_in(data):
    """How many objects the line is made of, one after another; None if anything else is in it."""
    decoder = json.JSONDecoder(parse_constant=refuse)
    text = data.decode().strip(" \t\r")
    count = 0
    try:
        while text:
            document, end = decoder.raw_decode(text)
            if not isinstance(document, dict):
                return None
            text = text[end:].strip(" \t\r")
            count += 1
    except ValueError:
        return None
    return count


def exact(text):
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


@SETTINGS
@given(documents=st.lists(DOCUMENTS, max_size=30), indent=st.sampled_from([None, 0, 2]),
       separator=st.sampled_from(["", " ", "\n", "\r\n", "\n\n\t"]))
def test_any_documents_in_any_layout(loader, documents, indent, separator):
    """As SUPER: the whole of each document comes back, in order, however it is laid out."""
    texts = [json.dumps({"i": i, "d": document}, indent=indent)
             for i, document in enumerate(documents)]
    done = loader.copy("i INTEGER, d SUPER", separator.join(texts), ALL, select="i, d::text")
    kept = dict(done.rows)
    rejected = {i for i in range(len(documents)) if i not in kept}
    assert done.rejected == len(rejected)
    assert all(error["code"] == 1224 for error in done.errors)
    for i, document in enumerate(documents):
        written = json.dumps(document, ensure_ascii=False)
        if i in rejected:  # NUL, which jsonb cannot hold
            assert "\\u0000" in written
        else:
            assert exact(kept[i]) == exact(written)
