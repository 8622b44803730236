"""What the Redshift stand-in was asked, and the bad luck it brings on command."""

import re
import threading
from dataclasses import dataclass, field


@dataclass
class Received:
    """One statement, as it came."""

    session: int  # backend pid
    text: str
    parameters: list[str | None] = field(default_factory=list)
    extended: bool = False
    outcome: str = ""  # "ok", the SQLSTATE, or what a fault did

    @property
    def words(self) -> str:
        """On one line."""
        return " ".join(self.text.split())


@dataclass(frozen=True)
class LoginTry:
    user: str
    database: str
    tls: bool
    accepted: bool
    parameters: dict


class Hold:
    """A reply, or a COPY, that waits until it is released."""

    def __init__(self):
        self.reached = threading.Event()
        self._go_on = threading.Event()

    def release(self) -> None:
        self._go_on.set()

    def wait(self) -> None:
        self.reached.set()
        self._go_on.wait()


@dataclass
class Fault:
    """What happens to a statement. `kind`: fail, drop, hold; `when`: before, after, in_copy."""

    match: str | int
    kind: str
    when: str
    times: int = 1
    skip: int = 0
    error: tuple[str, str, str] = ("", "", "")
    hold: Hold | None = None


class Faults:
    """Chosen by the statement's text (a regular expression) or by its number from now on, 1 first.
    Each strikes `times` times, after `skip` statements that it lets go. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._seen = 0

    def clear(self) -> None:
        with self._lock:
            for fault in self._faults:
                if fault.hold:
                    fault.hold.release()
            self._faults = []
            self._seen = 0

    def fail(self, match: str | int, sqlstate: str, message: str, detail: str = "", *,
             times: int = 1, skip: int = 0) -> None:
        """The statement is not carried out and gets this error."""
        self._add(Fault(match, "fail", "before", times, skip, (sqlstate, message, detail)))

    def fail_1023(self, match: str | int, *, times: int = 1, skip: int = 0) -> None:
        self.fail(match, "XX000", "1023", SERIALIZABLE, times=times, skip=skip)

    def drop(self, match: str | int, when: str = "before", *, times: int = 1,
             skip: int = 0) -> None:
        """The connection ends: before the statement is carried out, after it but before the reply,
        or in the middle of a COPY."""
        assert when in ("before", "after", "in_copy")
        self._add(Fault(match, "drop", when, times, skip))

    def hold(self, match: str | int, when: str = "after", *, times: int = 1, skip: int = 0) -> Hold:
        """The statement waits at that point; clear() releases it too."""
        assert when in ("before", "after", "in_copy")
        hold = Hold()
        self._add(Fault(match, "hold", when, times, skip, hold=hold))
        return hold

    def _add(self, fault: Fault) -> None:
        with self._lock:
            if not self._faults:
                self._seen = 0
            self._faults.append(fault)

    def strike(self, text: str) -> Fault | None:
        """The fault for a statement that has just come."""
        with self._lock:
            self._seen += 1
            for fault in self._faults:
                if fault.times > 0 and self._hits(fault, text):
                    if fault.skip > 0:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None

    def _hits(self, fault: Fault, text: str) -> bool:
        if isinstance(fault.match, int):
            return fault.match == self._seen
        return re.search(fault.match, text, re.IGNORECASE) is not None


SERIALIZABLE = ("Serializable isolation violation on table - 37521601, transactions forming the "
                "cycle are: 573354047, 573354048, 573354046 (pid:1073775083)")
