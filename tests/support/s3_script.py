"""An S3 store that misbehaves on command: objects in memory, faults by request."""

import hashlib
import re
import threading
import urllib.parse
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

XML = "application/xml"


@dataclass
class Answer:
    """What goes back; the client is promised `length` bytes and gets `body`."""

    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    cut_after: int | None = None  # closes the connection after so many bytes of the body
    stall: bool = False  # sends the head and no more, until the server ends


def error(status: int, code: str, message: str = "No.", more: str = "", **headers) -> Answer:
    body = (f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{more}"
            f"<RequestId>r1</RequestId></Error>")
    return Answer(status, body.encode(), {"Content-Type": XML, **headers})


SLOW_DOWN = error(503, "SlowDown", "Please reduce your request rate.")


class S3Script:
    """`faults[what]` holds, in order, what replaces the true answers to such requests: Answers, or
    functions from the true answer. `what` is "LIST", or "GET key" with the key as stored. A fault
    for "*" is asked for every request first: what it returns, unless None, is the answer."""

    def __init__(self, page: int = 1000):
        self.page = page
        self.objects: dict[str, bytes] = {}
        self.faults = defaultdict(list)
        self.requests: list[tuple[str, dict]] = []
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.script = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def put_tree(self, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.objects[str(path.relative_to(folder))] = path.read_bytes()

    def seen(self, what: str) -> list[dict]:
        """The headers of all such requests, in lower case."""
        return [headers for name, headers in self.requests if name == what]

    def answer(self, path: str, headers: dict) -> Answer:
        target, _, query = path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        key = urllib.parse.unquote(target.partition("/")[2].partition("/")[2])
        what = "LIST" if "list-type" in asked else f"GET {key}"
        with self._lock:
            self.requests.append((what, headers))
            for every in self.faults["*"]:
                if (reply := every(what, headers)) is not None:
                    return reply
            fault = self.faults[what].pop(0) if self.faults[what] else None
        if isinstance(fault, Answer):
            return fault
        true = self._list(asked) if what == "LIST" else self._get(key, headers)
        return fault(true) if fault else true

    def _list(self, asked: dict) -> Answer:
        after = max(asked.get("start-after", ""), asked.get("continuation-token", ""))
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        parts, groups, last = [], set(), ""
        for key in sorted(self.objects, key=str.encode):
            if not key.startswith(prefix) or key <= after:
                continue
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            group = key[:end + 1] if end >= 0 else ""
            if group and (group in groups or group == after):
                continue
            if len(parts) == self.page:
                parts.append(f"<IsTruncated>true</IsTruncated><NextContinuationToken>"
                             f"{escape(last)}</NextContinuationToken>")
                break
            groups.add(group)
            last = group + "\U0010ffff" if group else key
            name = urllib.parse.quote(group or key, safe="/")
            parts.append(f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>" if group else
                         f"<Contents><Key>{name}</Key><ETag>{self.etag(key)}</ETag>"
                         f"<Size>{len(self.objects[key])}</Size></Contents>")
        body = (f"<ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
                f"<EncodingType>url</EncodingType>{''.join(parts)}</ListBucketResult>")
        return Answer(200, body.encode(), {"Content-Type": XML})

    def etag(self, key: str) -> str:
        return f'"{hashlib.md5(self.objects[key]).hexdigest()}"'

    def _get(self, key: str, headers: dict) -> Answer:
        if key not in self.objects:
            return error(404, "NoSuchKey")
        body, etag = self.objects[key], self.etag(key)
        if headers.get("if-match", etag) != etag:
            return error(412, "PreconditionFailed")
        if found := re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("range", "")):
            first, last = int(found[1]), min(int(found[2]), len(body) - 1)
            return Answer(206, body[first:last + 1],
                          {"ETag": etag, "Content-Range": f"bytes {first}-{last}/{len(body)}"})
        return Answer(200, body, {"ETag": etag})


class _Server(ThreadingHTTPServer):
    request_queue_size = 256  # with the usual five, connections made at once wait for seconds


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.script.answer(self.path, headers)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.stall:
            self.wfile.flush()
            self.server.script.ended.wait(60)
        cut = answer.cut_after
        if self.command != "HEAD":
            self.wfile.write(answer.body[:cut])
        if cut is not None or answer.stall:
            self.close_connection = True

    do_HEAD = do_GET

    def log_message(self, *_) -> None:
        pass
