"""PostgreSQL's protocol, version 3, from the server's side."""

import socket
import struct
from collections.abc import Callable

from support.redshift_error import RedshiftError

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST, VERSION_3 = 80877103, 80877104, 80877102, 196608


class Closed(Exception):
    """The other side is gone, or this one wants to be."""


class Wire:
    """Messages over one socket. What is sent waits for flush()."""

    def __init__(self, sock: socket.socket):
        self.sock = sock
        self._out = bytearray()

    def _take(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                part = self.sock.recv(min(size - len(data), 1 << 20))
            except OSError as error:
                raise Closed from error
            if not part:
                raise Closed
            data += part
        return bytes(data)

    def startup(self) -> tuple[int, bytes]:
        """The code of a packet without type, and its body."""
        (size,) = struct.unpack("!i", self._take(4))
        if not 8 <= size <= 10000:
            raise Closed
        body = self._take(size - 4)
        return struct.unpack("!i", body[:4])[0], body[4:]

    def message(self) -> tuple[bytes, bytes]:
        kind, size = struct.unpack("!ci", self._take(5))
        return kind, self._take(size - 4)

    def send(self, kind: bytes, body: bytes = b"") -> None:
        self._out += kind + struct.pack("!i", len(body) + 4) + body
        if len(self._out) > 1 << 20:
            self.flush()

    def flush(self) -> None:
        data, self._out = bytes(self._out), bytearray()
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Closed from error

    def raw(self, data: bytes) -> None:
        self._out += data
        self.flush()

    def error(self, error: RedshiftError, severity: str = "ERROR", kind: bytes = b"E") -> None:
        fields = {"S": severity, "C": error.sqlstate, "M": error.message, "D": error.detail,
                  "H": error.hint}
        self.send(kind, b"".join(code.encode() + text.encode() + b"\0"
                                 for code, text in fields.items() if text) + b"\0")

    def notice(self, severity: str, message: str, sqlstate: str = "00000") -> None:
        self.error(RedshiftError(sqlstate, message), severity, b"N")

    def rows(self, result) -> None:
        """All rows of a libpq result."""
        count = result.nfields
        for row in range(result.ntuples):
            parts = [struct.pack("!h", count)]
            for column in range(count):
                value = result.get_value(row, column)
                parts.append(b"\xff\xff\xff\xff" if value is None else
                             struct.pack("!i", len(value)) + value)
            self.send(b"D", b"".join(parts))

    def row_description(self, result, formats: list[int] | None = None) -> None:
        body = struct.pack("!h", result.nfields)
        for i in range(result.nfields):
            form = result.fformat(i) if formats is None else (
                formats[i] if len(formats) > 1 else formats[0] if formats else 0)
            body += result.fname(i) + b"\0" + struct.pack(
                "!ihihih", result.ftable(i), result.ftablecol(i), _signed(result.ftype(i)),
                result.fsize(i), result.fmod(i), form)
        self.send(b"T", body)


def _signed(oid: int) -> int:
    return oid - (1 << 32) if oid >= 1 << 31 else oid


class Body:
    """Reads a message's fields."""

    def __init__(self, data: bytes):
        self._data = data
        self._at = 0

    def text(self) -> str:
        end = self._data.index(b"\0", self._at)
        value = self._data[self._at:end].decode()
        self._at = end + 1
        return value

    def int16(self) -> int:
        return self._number("!h", 2)

    def counted(self, read: Callable) -> list:
        """As many as a count says, which comes first and knows no minus."""
        return [read() for _ in range(self._number("!H", 2))]

    def int32(self) -> int:
        return self._number("!i", 4)

    def byte(self) -> str:
        self._at += 1
        return chr(self._data[self._at - 1])

    def value(self) -> bytes | None:
        size = self.int32()
        if size < 0:
            return None
        self._at += size
        return self._data[self._at - size:self._at]

    def _number(self, form: str, size: int) -> int:
        self._at += size
        return struct.unpack(form, self._data[self._at - size:self._at])[0]
