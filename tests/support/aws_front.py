"""A server before an AWS of our own: takes calls, keeps them, and brings bad luck."""

import http.client
import json
import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


@dataclass
class Call:
    """One request, as it came."""

    service: str
    action: str
    parameters: dict
    body: bytes
    method: str
    path: str
    headers: http.client.HTTPMessage

    @property
    def name(self) -> str:
        return f"{self.service} {self.action}"


@dataclass
class Reply:
    """What AWS answers, or what takes its place."""

    status: int
    body: bytes
    content_type: str = "text/xml"
    date: datetime | None = None  # The server's idea of the time; None for the true one.
    # What of head and body arrives; with less than all of it the connection ends.
    kept: Callable[[bytes, bytes], bytes] = lambda head, body: head + body
    piece: int = 0  # How many bytes come at a time; 0 for all.


# Answers calls.
Answer = Callable[[Call], Reply]
# What can go wrong with a reply: takes the true one, gives the one to send.
Fault = Callable[[Call, Reply], Reply]


def drop(_: Call, reply: Reply) -> Reply:
    """Nothing is sent at all."""
    return replace(reply, kept=lambda head, body: b"")


def cut(size: int | None = None) -> Fault:
    """Of the body only the first `size` bytes arrive, or half of it."""
    def kept(head: bytes, body: bytes) -> bytes:
        return head + body[:len(body) // 2 if size is None else size]
    return lambda call, reply: replace(reply, kept=kept)


def cut_at(place: Callable[[int, int], int]) -> Fault:
    """Of all bytes the first `place(bytes of the head, of all)` arrive."""
    def kept(head: bytes, body: bytes) -> bytes:
        return (head + body)[:place(len(head), len(head) + len(body))]
    return lambda call, reply: replace(reply, kept=kept)


def dribble(piece: int) -> Fault:
    """All arrives, `piece` bytes at a time."""
    return lambda call, reply: replace(reply, piece=piece)


def error(call: Call, status: int, code: str, message: str) -> Reply:
    """An error in the service's own form."""
    if call.headers.get("X-Amz-Target"):
        return Reply(status, json.dumps({"__type": code, "message": message}).encode(),
                     "application/x-amz-json-1.1")
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if call.service == "ec2":
        text = f"<Response><Errors>{text}</Errors><RequestID>r</RequestID></Response>"
    else:
        text = f"<ErrorResponse>{text}<RequestId>r</RequestId></ErrorResponse>"
    return Reply(status, text.encode())


def refuse(status: int, code: str, message: str = "try again later") -> Fault:
    """An error such as 500 InternalFailure or 400 Throttling."""
    return lambda call, reply: error(call, status, code, message)


def page(status: int = 502) -> Fault:
    """A proxy's HTML."""
    return lambda call, reply: Reply(
        status, b"<html><body><h1>Bad Gateway</h1></body></html>", "text/html")


def passed_on(url: str) -> Answer:
    """Another server's answers to calls as they came."""
    target = url.removeprefix("http://")

    def answer(call: Call) -> Reply:
        with closing(http.client.HTTPConnection(target, timeout=60)) as upstream:
            # Header by header, Host too: it is signed.
            upstream.putrequest(call.method, call.path, skip_host=True, skip_accept_encoding=True)
            for name, value in call.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(call.body)
            got = upstream.getresponse()
            return Reply(got.status, got.read(), got.getheader("Content-Type", "text/xml"))
    return answer


@dataclass
class Seen:
    """A program as everybody on the machine sees it while it runs."""

    cmdline: set[bytes] = field(default_factory=set)
    environ: set[bytes] = field(default_factory=set)


class AwsFront:
    """Listens on a loopback port for one program at a time, which makes one call at a time, and
    has `answer` answer. `calls` are those since forget(), `seen` everything since the beginning."""

    def __init__(self, answer: Answer):
        self.answer = answer
        self.calls: list[Call] = []
        self.seen = Seen()
        self._faults: list[tuple[Callable[[int, Call], bool], Fault, bool]] = []
        self._pid: int | None = None
        self._pid_known = threading.Event()
        self._lock = threading.Lock()
        front = self

        class Handler(_Handler):
            pass

        Handler.front = front
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def forget(self) -> None:
        """Forgets calls, faults and the program."""
        with self._lock:
            self.calls = []
            self._faults = []
            self._pid = None
            self._pid_known.clear()

    def watch(self, pid: int) -> None:
        """The program whose calls come now. Until this is said they are kept waiting."""
        self._pid = pid
        self._pid_known.set()

    def spoil(self, which: int | str | Callable[[int, Call], bool], fault: Fault,
              done: bool = True) -> None:
        """The reply to one call, by its number from 1 on, to each of an action, or to those that
        `which` picks by number and call goes through `fault`. AWS has done it, or, with `done`
        false, never hears of it."""
        picks = which
        if isinstance(which, int):
            def picks(number: int, _: Call) -> bool:
                return number == which
        elif isinstance(which, str):
            def picks(_: int, call: Call) -> bool:
                return call.action == which
        self._faults.append((picks, fault, done))

    def kill_at(self, number: int) -> None:
        """Ends the program with SIGKILL when AWS has done the `number`th call."""
        def fault(call: Call, reply: Reply) -> Reply:
            os.kill(self._pid, signal.SIGKILL)
            return drop(call, reply)
        self.spoil(number, fault)

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls]

    def take(self, call: Call) -> Reply:
        assert self._pid_known.wait(10), "a program calls that nobody watches"
        for file, seen in (("cmdline", self.seen.cmdline), ("environ", self.seen.environ)):
            seen.add(Path(f"/proc/{self._pid}/{file}").read_bytes())
        with self._lock:
            self.calls.append(call)
            number = len(self.calls)
            fault, done = next(((fault, done) for picks, fault, done in self._faults
                                if picks(number, call)), (lambda _, reply: reply, True))
        return fault(call, self.answer(call) if done else Reply(200, b""))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    front: AwsFront

    def do_POST(self) -> None:
        self._send(self.front.take(self._read()))

    do_GET = do_PUT = do_POST

    def _read(self) -> Call:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].split("/")
        service = scope[3] if len(scope) > 3 else ""
        target = self.headers.get("X-Amz-Target", "")
        if target:
            action, parameters = target.partition(".")[2], json.loads(body)
        else:
            parameters = {name: values[0] for name, values in
                          parse_qs(body.decode(), keep_blank_values=True).items()}
            action = parameters.get("Action", self.path)
        return Call(service, action, parameters, body, self.command, self.path, self.headers)

    def _send(self, reply: Reply) -> None:
        date = (reply.date or datetime.now(UTC)).strftime(HTTP_DATE)
        head = (f"HTTP/1.1 {reply.status} {http.client.responses.get(reply.status, 'Unknown')}\r\n"
                f"Date: {date}\r\nContent-Type: {reply.content_type}\r\n"
                f"Content-Length: {len(reply.body)}\r\n\r\n").encode()
        sent = reply.kept(head, reply.body)
        piece = reply.piece or max(len(sent), 1)
        for begin in range(0, len(sent), piece):
            self.wfile.write(sent[begin:begin + piece])
        if len(sent) < len(head) + len(reply.body):
            self.close_connection = True

    def log_message(self, *_) -> None:
        pass
