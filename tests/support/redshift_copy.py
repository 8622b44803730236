"""COPY ... FROM 's3://...' FORMAT AS JSON: reads S3 with boto3, converts with Python's own json,
and puts the rows into the backend's table. By redshift-copy-and-sql.md, sections 1 and 2."""

import bz2
import gzip
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote

import botocore.exceptions
import zstandard
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.redshift_error import RedshiftError, not_modelled, syntax_error
from support.redshift_json import (ABSENT, Record, follow, nested_text, parse_paths, records)
from support.redshift_lexer import Reader, Statement
from support.redshift_values import Column, FieldError, Rules, make_converter

FETCHERS = 16
FETCH_AHEAD = 64
LOAD_SOURCE = ("LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is "
               "allowed)")


# ---- The statement ------------------------------------------------------------------------------


@dataclass
class Copy:
    """COPY's parts."""

    table: tuple[str | None, str]
    columns: list[str] | None = None
    source: str = ""
    role: str = ""
    region: str = ""
    json: str = ""
    manifest: bool = False
    compression: str = ""
    max_errors: int = 0
    skip_lines: int = 0
    noload: bool = False
    explicit_ids: bool = False
    rules: Rules = field(default_factory=Rules)


_FLAGS = {"EMPTYASNULL": "empty_as_null", "BLANKSASNULL": "blanks_as_null",
          "TRIMBLANKS": "trim_blanks", "TRUNCATECOLUMNS": "truncate_columns",
          "ROUNDEC": "round_decimals", "ACCEPTANYDATE": "accept_any_date"}
_NOT_WITH_JSON = {"CSV", "DELIMITER", "ESCAPE", "FILLRECORD", "FIXEDWIDTH", "IGNOREBLANKLINES",
                  "NULL", "READRATIO", "REMOVEQUOTES", "QUOTE"}
_KNOWN_ELSEWHERE = {"LZOP", "ENCRYPTED", "MASTER_SYMMETRIC_KEY", "PARQUET", "ORC", "AVRO",
                    "SHAPEFILE", "SSH", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN",
                    "CREDENTIALS", "JOB", "WITH"}


def parse_copy(statement: Statement) -> Copy:
    reader = Reader(statement)
    reader.expect("COPY")
    copy = Copy(reader.table())
    if reader.accept("("):
        copy.columns = [reader.take().name]
        while reader.accept(","):
            copy.columns.append(reader.take().name)
        reader.expect(")")
    if reader.next == "TO":
        raise syntax_error("TO")
    reader.expect("FROM")
    if reader.next in ("STDIN", "STDOUT", "PROGRAM"):
        raise RedshiftError("0A000", LOAD_SOURCE)
    copy.source = reader.literal()
    if not copy.source.startswith("s3://") or not copy.source[5:].partition("/")[0]:
        raise RedshiftError("0A000", LOAD_SOURCE)
    seen: set[str] = set()
    while not reader.done:
        _option(reader, copy, seen)
    if not copy.role:
        raise RedshiftError("0A000", "Invalid credentials. Must be of the format: credentials "
                            "'aws_iam_role=...' or 'aws_access_key_id=...;aws_secret_access_key="
                            "...[;token=...]'")
    if not copy.json:
        raise not_modelled("COPY of another format than JSON")
    return copy


def _once(seen: set[str], option: str) -> None:
    if option in seen:
        raise RedshiftError("42601", "conflicting or redundant options")
    seen.add(option)


def _option(reader: Reader, copy: Copy, seen: set[str]) -> None:
    token = reader.take()
    word = token.upper
    if word in _NOT_WITH_JSON:
        raise RedshiftError("0A000", f"{word} is not supported for JSON format")
    if word in _KNOWN_ELSEWHERE:
        raise not_modelled(f"COPY's option {word}")
    if word in ("GZIP", "BZIP2", "ZSTD"):
        _once(seen, "compression")
        copy.compression = word
    elif word in _FLAGS:
        _once(seen, word)
        copy.rules = replace(copy.rules, **{_FLAGS[word]: True})
    elif word in _OPTIONS:
        _once(seen, "JSON" if word == "FORMAT" else
              "MAXERROR" if word == "IGNOREALLERRORS" else word)
        _OPTIONS[word](reader, copy)
    else:
        raise syntax_error(token.text)


def _json(reader: Reader, copy: Copy) -> None:
    reader.accept("AS")
    copy.json = "auto"
    if reader.next.startswith("'"):
        copy.json = reader.literal()
    if copy.json == "noshred":
        raise not_modelled("JSON 'noshred'")
    if copy.json not in ("auto", "auto ignorecase") and not copy.json.startswith("s3://"):
        raise RedshiftError("0A000", f"Invalid JSONPath format: {copy.json}")


def _format(reader: Reader, copy: Copy) -> None:
    reader.accept("AS")
    reader.expect("JSON")
    _json(reader, copy)


def _role(reader: Reader, copy: Copy) -> None:
    copy.role = "default" if reader.accept("DEFAULT") else reader.literal()


def _rule(name: str, check: Callable[[str], bool] = bool):
    def take(reader: Reader, copy: Copy) -> None:
        reader.accept("AS")
        value = reader.literal()
        if not check(value):
            raise RedshiftError("42601", f"invalid {name}: {value}")
        copy.rules = replace(copy.rules, **{name: value})
    return take


def _replacement(reader: Reader, copy: Copy) -> None:
    reader.accept("AS")
    char = reader.literal() if reader.next.startswith("'") else "?"
    if len(char) != 1 or not char.isascii() or char == "\0":
        raise RedshiftError("42601", "ACCEPTINVCHARS replacement must be one ASCII character")
    copy.rules = replace(copy.rules, replacement=char)


def _max_errors(reader: Reader, copy: Copy) -> None:
    reader.accept("AS")
    copy.max_errors = reader.integer()
    if copy.max_errors > 100000:
        raise RedshiftError("42601", "MAXERROR must be between 0 and 100000")


def _all_errors(_reader: Reader, copy: Copy) -> None:
    copy.max_errors = 1 << 60


def _skip_lines(reader: Reader, copy: Copy) -> None:
    reader.accept("AS")
    copy.skip_lines = reader.integer()


def _text_option(name: str):
    def take(reader: Reader, copy: Copy) -> None:
        reader.accept("AS")
        setattr(copy, name, reader.literal())
    return take


def _encoding(reader: Reader, _copy: Copy) -> None:
    reader.accept("AS")
    if reader.take().text.strip("'").upper() != "UTF8":
        raise not_modelled("COPY's ENCODING other than UTF8")


def _flag(name: str):
    return lambda _reader, copy: setattr(copy, name, True)


_OPTIONS = {
    "FORMAT": _format, "JSON": _json, "IAM_ROLE": _role, "REGION": _text_option("region"),
    "MANIFEST": _flag("manifest"), "NOLOAD": _flag("noload"),
    "EXPLICIT_IDS": _flag("explicit_ids"), "TIMEFORMAT": _rule("timeformat"),
    "DATEFORMAT": _rule("dateformat"), "ACCEPTINVCHARS": _replacement, "MAXERROR": _max_errors,
    "IGNOREALLERRORS": _all_errors, "IGNOREHEADER": _skip_lines, "ENCODING": _encoding,
    "COMPUPDATE": lambda reader, _: reader.accept("ON", "OFF", "TRUE", "FALSE", "PRESET"),
    "STATUPDATE": lambda reader, _: reader.accept("ON", "OFF", "TRUE", "FALSE"),
    "COMPROWS": lambda reader, _: reader.integer(),
}


# ---- S3 -----------------------------------------------------------------------------------------


class Bucket:
    """S3 with the rights of one role."""

    def __init__(self, client, region: str, key):
        self._client = client
        self._region = region
        self._checked: set[str] = set()
        self._auth = S3SigV4Auth(Credentials(key.id, key.secret, key.token or None), "s3", region)
        self._here = threading.local()

    def list(self, url: str) -> list[str]:
        """The keys, as URLs, that begin with this one."""
        bucket, key = _split(url)
        found = []
        with _s3_errors():
            self._check_region(bucket)
            for page in self._client.get_paginator("list_objects_v2").paginate(
                    Bucket=bucket, Prefix=key):
                found += [f"s3://{bucket}/{item['Key']}" for item in page.get("Contents", [])]
        return found

    def get(self, url: str) -> bytes:
        bucket, key = _split(url)
        with _s3_errors():
            self._check_region(bucket)
            data = self._get_quickly(f"/{bucket}/{quote(key, safe='/~')}")
            if data is not None:
                return data
            return self._client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def _get_quickly(self, path: str) -> bytes | None:
        """boto3 costs more than the small objects of a source do; whatever goes wrong here is left
        for it to tell."""
        request = AWSRequest("GET", self._client.meta.endpoint_url + path)
        self._auth.add_auth(request)
        try:
            if not hasattr(self._here, "connection"):
                scheme, _, host = self._client.meta.endpoint_url.partition("://")
                kind = HTTPSConnection if scheme == "https" else HTTPConnection
                self._here.connection = kind(host, timeout=60)
            self._here.connection.request("GET", path, headers=dict(request.headers))
            with self._here.connection.getresponse() as reply:
                data = reply.read()
                return data if reply.status == 200 else None
        except (OSError, HTTPException):
            self._here = threading.local()
            return None

    def _check_region(self, bucket: str) -> None:
        if bucket in self._checked:
            return
        reply = self._client.head_bucket(Bucket=bucket)
        region = reply["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", self._region)
        if region != self._region:
            raise RedshiftError("XX000", "S3ServiceException:The bucket you are attempting to "
                                "access must be addressed using the specified endpoint. Please "
                                "send all future requests to this endpoint.,Status 301,Error "
                                "PermanentRedirect")
        self._checked.add(bucket)


class _s3_errors:
    """Turns boto3's errors into COPY's."""

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _trace):
        if isinstance(error, botocore.exceptions.ClientError):
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            code = error.response["Error"]["Code"]
            named = {"403": "AccessDenied", "404": "NoSuchBucket"}.get(code, code)
            message = {"AccessDenied": "Access Denied",
                       "NoSuchBucket": "The specified bucket does not exist",
                       "NoSuchKey": "The specified key does not exist."}.get(
                           named, error.response["Error"].get("Message", ""))
            raise RedshiftError("XX000", f"S3ServiceException:{message},Status {status},Error "
                                f"{named}", detail=error_detail(8001, message)) from error
        if isinstance(error, botocore.exceptions.BotoCoreError):
            raise RedshiftError("XX000", f"S3ServiceException:{error},Status 0,Error 0",
                                detail=error_detail(8001, str(error))) from error


def error_detail(code: int, context: str) -> str:
    """The form of Redshift's details."""
    return (f"\n  -----------------------------------------------\n  error:  {context}\n"
            f"  code:      {code}\n  -----------------------------------------------\n")


def _split(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def manifest_urls(data: bytes) -> list[tuple[str, bool]]:
    """Each URL, and whether it is mandatory."""
    try:
        entries = json.loads(data.decode())["entries"]
        urls = [(entry["url"], entry.get("mandatory", False) is True) for entry in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise RedshiftError("XX000", "The manifest file is malformed",
                            error_detail(8001, repr(error))) from error
    for url, _ in urls:
        if not isinstance(url, str) or not url.startswith("s3://") or not _split(url)[1]:
            raise RedshiftError("XX000", "COPY with MANIFEST parameter requires full path of an S3 "
                                "object.", error_detail(8001, str(url)))
    return urls


# ---- The load -----------------------------------------------------------------------------------


@dataclass
class Reject:
    """A row of STL_LOAD_ERRORS, as far as the file tells it."""

    url: str
    line: int
    column: Column | None
    raw_line: str
    raw_value: str
    error: FieldError


@dataclass
class FileDone:
    url: str
    size: int
    lines: int
    errors: int


@dataclass
class Load:
    """A COPY at work. `on_file(index, count)` is called before each file's rows are sent, and
    `check()` often; both may throw to end it."""

    copy: Copy
    columns: list[Column]
    bucket: Bucket
    on_file: Callable[[int, int], None]
    check: Callable[[], None]
    progress: Callable[["Load"], None] = lambda load: None
    urls: list[str] = field(default_factory=list)
    files: list[FileDone] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rows: int = 0
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc).replace(
        tzinfo=None))

    def prepare(self) -> None:
        """What fails a COPY before it reads data."""
        self._paths = None
        if self.copy.json.startswith("s3://"):
            self._paths = parse_paths(self.bucket.get(self.copy.json))
            if self._paths is not None and len(self._paths) != len(self.columns):
                raise RedshiftError("XX000", "Number of jsonpaths and the number of columns should "
                                    f"match. JSONPath size: {len(self._paths)}, Number of columns "
                                    f"in table or column list: {len(self.columns)}")
        self._convert = [(column, make_converter(column, self.copy.rules))
                         for column in self.columns]
        if self.copy.manifest:
            self._wanted = manifest_urls(self.bucket.get(self.copy.source))
        else:
            self._wanted = [(url, True) for url in self.bucket.list(self.copy.source)]
        if not self._wanted:
            raise RedshiftError("XX000", f"The specified S3 prefix '{_split(self.copy.source)[1]}' "
                                "does not exist", error_detail(8001, "no files"))
        self.urls = [url for url, _ in self._wanted]

    def run(self, write: Callable[[list[str | None]], None]) -> None:
        """Gives each row to `write`. Throws RedshiftError if the load fails."""
        for index, (url, data) in enumerate(self._fetched()):
            if data is None:
                continue
            self.on_file(index, len(self.urls))
            errors, lines = len(self.rejects), 0
            for record in records(data, self.copy.skip_lines):
                lines += 1
                self._add(url, record, write)
            self.files.append(FileDone(url, len(data), lines, len(self.rejects) - errors))
            self.progress(self)
            self.check()
        if not self.files:
            raise RedshiftError("XX000", "The specified files do not exist",
                                error_detail(8001, "no file of the manifest was found"))

    def _fetched(self) -> Iterator[tuple[str, bytes | None]]:
        """In order; several are on their way at once."""
        with ThreadPoolExecutor(FETCHERS) as pool:
            waiting: deque = deque()
            stop = threading.Event()
            try:
                for url, mandatory in self._wanted:
                    waiting.append((url, pool.submit(self._fetch, url, mandatory, stop)))
                    if len(waiting) > FETCH_AHEAD:
                        done, job = waiting.popleft()
                        yield done, job.result()
                while waiting:
                    done, job = waiting.popleft()
                    yield done, job.result()
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)

    def _fetch(self, url: str, mandatory: bool, stop: threading.Event) -> bytes | None:
        if stop.is_set():
            return None
        try:
            data = self.bucket.get(url)
        except RedshiftError as error:
            if not mandatory and "Error NoSuchKey" in error.message:
                return None
            raise
        try:
            return _unpack(self.copy.compression, data)
        except (OSError, EOFError, ValueError, zstandard.ZstdError) as error:
            raise RedshiftError("XX000", f"{self.copy.compression.lower()} decompression failed "
                                f"for file {url}", error_detail(8001, str(error))) from error

    def _add(self, url: str, record: Record, write) -> None:
        column, value = None, None
        try:
            values = self._values(record)
            row = []
            for (column, convert), value in zip(self._convert, values):
                row.append(convert(value))
        except FieldError as error:
            shown = "" if value is None or value is ABSENT else (
                value if isinstance(value, str) else nested_text(value))
            self.rejects.append(Reject(url, record.line, column, record.text, shown, error))
            if len(self.rejects) >= max(1, self.copy.max_errors):
                raise self.failure() from error
            return
        self.rows += 1
        if not self.copy.noload:
            write(row)

    def _values(self, record: Record) -> list:
        document = record.value
        if document is None:
            raise FieldError(1216, "Invalid value.")
        if self._paths is not None:
            return [follow(document, path) for path in self._paths]
        if not isinstance(document, dict):
            raise FieldError(1216, "Invalid value.")
        if self.copy.json == "auto ignorecase":
            document = {key.lower(): value for key, value in document.items()}
        return [document.get(column.name, ABSENT) for column, _ in self._convert]

    def failure(self) -> RedshiftError:
        return RedshiftError("XX000", f"Load into table '{self.copy.table[1]}' failed.  Check "
                             "'stl_load_errors' system table for details.")


def _unpack(compression: str, data: bytes) -> bytes:
    if compression == "GZIP":
        return gzip.decompress(data)
    if compression == "BZIP2":
        return bz2.decompress(data)
    if compression == "ZSTD":
        with zstandard.ZstdDecompressor().stream_reader(
                data, read_across_frames=True) as reader:
            return reader.read()
    return data
