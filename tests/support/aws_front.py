"""A server before AWS's stand-in: passes calls on unchanged, keeps them, and brings bad luck."""

import http.client
import os
import signal
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs


@dataclass
class Call:
    """One request, as it came."""

    service: str
    action: str
    parameters: dict[str, str]
    body: bytes

    @property
    def name(self) -> str:
        return f"{self.service} {self.action}"


@dataclass
class Reply:
    """What AWS answered, or what takes its place."""

    status: int
    body: bytes
    content_type: str = "text/xml"
    cut_after: int | None = None  # Bytes of the body after which the connection ends.
    drop: bool = False  # Nothing is sent at all.


# What can go wrong with a reply: takes the true one, gives the one to send.
Fault = Callable[[Reply], Reply]


def drop(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body, drop=True)


def cut(size: int | None = None) -> Fault:
    """Of the body only the first `size` bytes arrive, or half of it."""
    def fault(reply: Reply) -> Reply:
        kept = len(reply.body) // 2 if size is None else size
        return Reply(reply.status, reply.body, reply.content_type, cut_after=kept)
    return fault


def refuse(status: int, code: str, message: str = "try again later") -> Fault:
    """An error such as 500 InternalFailure or 400 Throttling, in the service's own form."""
    body = (f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>"
            "<RequestId>r</RequestId></ErrorResponse>").encode()
    return lambda reply: Reply(status, body)


def page(status: int = 502) -> Fault:
    """A proxy's HTML."""
    return lambda reply: Reply(status, b"<html><body><h1>Bad Gateway</h1></body></html>",
                               "text/html")


@dataclass
class Seen:
    """A program as everybody on the machine sees it while it runs."""

    cmdline: set[bytes] = field(default_factory=set)
    environ: set[bytes] = field(default_factory=set)


class AwsFront:
    """Listens on a loopback port for one program at a time, which makes one call at a time.
    `calls` are those since forget(), `seen` everything since the beginning."""

    def __init__(self, target: str):
        self.target = target.removeprefix("http://")
        self.calls: list[Call] = []
        self.seen = Seen()
        self._faults: dict[int | str, tuple[Fault, bool]] = {}
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
            self._faults = {}
            self._pid = None
            self._pid_known.clear()

    def watch(self, pid: int) -> None:
        """The program whose calls come now. Until this is said they are kept waiting."""
        self._pid = pid
        self._pid_known.set()

    def spoil(self, which: int | str, fault: Fault, done: bool = True) -> None:
        """The reply to one call, by its number from 1 on, or to each of an action goes through
        `fault`. AWS has done it, or, with `done` false, never hears of it."""
        self._faults[which] = fault, done

    def kill_at(self, number: int) -> None:
        """Ends the program with SIGKILL when AWS has done the `number`th call."""
        def fault(reply: Reply) -> Reply:
            os.kill(self._pid, signal.SIGKILL)
            return drop(reply)
        self.spoil(number, fault)

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls]

    def take(self, call: Call, pass_on: Callable[[], Reply]) -> Reply:
        assert self._pid_known.wait(10), "a program calls that nobody watches"
        for file, seen in (("cmdline", self.seen.cmdline), ("environ", self.seen.environ)):
            seen.add(Path(f"/proc/{self._pid}/{file}").read_bytes())
        with self._lock:
            self.calls.append(call)
            fault, done = self._faults.get(len(self.calls)) or self._faults.get(
                call.action, (lambda reply: reply, True))
        return fault(pass_on() if done else Reply(200, b""))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    front: AwsFront

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fields = {name: values[0] for name, values in
                  parse_qs(body.decode(), keep_blank_values=True).items()}
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].split("/")
        service = scope[3] if len(scope) > 3 else ""
        call = Call(service, fields.get("Action", ""), fields, body)
        with _connection(self.front.target) as upstream:
            self._send(self.front.take(call, lambda: self._pass_on(upstream, body)))

    def _pass_on(self, upstream: http.client.HTTPConnection, body: bytes) -> Reply:
        # Header by header, Host too: it is signed.
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        return Reply(answer.status, answer.read(), answer.getheader("Content-Type", "text/xml"))

    def _send(self, reply: Reply) -> None:
        if reply.drop:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[:reply.cut_after])
        if reply.cut_after is not None:
            self.close_connection = True

    def log_message(self, *_) -> None:
        pass


@contextmanager
def _connection(target: str):
    connection = http.client.HTTPConnection(target, timeout=60)
    try:
        yield connection
    finally:
        connection.close()
