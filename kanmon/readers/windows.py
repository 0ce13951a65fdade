"""Windows machines, a fleet at a time: one cmd command on each, over WinRM (HTTPS) or SSH.

cmd's own tools are asked (reg, sc, dir), never PowerShell. Their messages come in the language of
the machine, so none is understood by its words: what "absent" looks like is asked first, of a key,
a value and a service that exist nowhere. Whatever fails in another way could not be read.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Windows as Fleet
from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import ClockReading, Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.windows import Machine, Service, Windows
from kanmon.readers import Request
from kanmon.readers.transport import ssh, winrm
from kanmon.readers.transport.sections import Section, split
from kanmon.redaction import excerpt
from kanmon.text import Text

PROBES: Mapping[str, Callable[[Any], object]] = {}

AT_ONCE = 32
REFUSALS = 3
HUNDREDTH = 0.01
"""Seconds: what cmd tells of a time."""
CENTURY, FIRST_YEAR, LAST_YEAR = 100, 2000, 2200
"""Years of other calendars, such as 2569 or 8, are no years that are understood."""
SERVICES = ("ds_agent", "ds_notifier", "Amsp", "vsepflt", "vmci")

_VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_CURRENT = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
_PLACES = {
    "local": r"HKLM\SOFTWARE\Microsoft\SystemCertificates",
    "policy": r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates",
    "enterprise": r"HKLM\SOFTWARE\Microsoft\EnterpriseCertificates",
}
_STORES = ("root", "authroot", "disallowed")
_REBOOTS = {
    "servicing": "Component Based Servicing",
    "update": "Windows Update",
    "renames": "file rename operations",
}
_STATES = {
    "1": "STOPPED",
    "2": "START_PENDING",
    "3": "STOP_PENDING",
    "4": "RUNNING",
    "5": "CONTINUE_PENDING",
    "6": "PAUSE_PENDING",
    "7": "PAUSED",
}


def registry(key: str, value: str = "") -> str:
    """The question for a key of the registry, or for one value in it."""
    return (
        Text('reg query "{key}" /v {value}', key=key, value=value)
        if value
        else Text('reg query "{key}"', key=key)
    )


QUESTIONS = {
    "no-key": registry(r"HKLM\SOFTWARE\kanmon-absent"),
    "no-value": registry(_VERSION, "kanmon-absent"),
    "no-service": Text("sc query kanmon-absent"),
    "a-service": Text("sc query eventlog"),
    "product": registry(_VERSION, "ProductName"),
    "build": registry(_VERSION, "CurrentBuildNumber"),
    # After a question that ends with 0: not every cmd resets the status for its own dir.
    "drive": Text("dir /-c %SystemDrive%\\"),
    "ubr": registry(_VERSION, "UBR"),
    **{
        f"{store}-{place}": registry(rf"{path}\{store}\Certificates")
        for store in _STORES
        for place, path in _PLACES.items()
    },
    "root-update": registry(rf"{_PLACES['policy']}\AuthRoot", "DisableRootAutoUpdate"),
    "root-url": registry(rf"{_PLACES['local']}\AuthRoot\AutoUpdate", "RootDirURL"),
    "servicing": registry(rf"{_CURRENT}\Component Based Servicing\RebootPending"),
    "update": registry(rf"{_CURRENT}\WindowsUpdate\Auto Update\RebootRequired"),
    "renames": registry(
        r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager", "PendingFileRenameOperations"
    ),
    **{f"service-{name.lower()}": f"sc query {name}" for name in SERVICES},
    "bias": registry(
        r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation", "ActiveTimeBias"
    ),
    "date-order": registry(r"HKCU\Control Panel\International", "sShortDate"),
    "clock": "call echo %^date% %^time%",
}
"""What is asked of a machine, by name."""


def combined(questions: Mapping[str, str]) -> str:
    """One line of cmd that asks everything."""
    # "call" reads the line once more after the question was answered: only then is the status
    # known.
    asked = [
        f"{question} 2>&1 & call echo kanmon:{name}:%^errorlevel%"
        for name, question in questions.items()
    ]
    return " & ".join(["echo kanmon:begin:0", *asked, "echo kanmon:end:0"])


COMMAND = combined(QUESTIONS)
"""The combined command: the only one that this reader runs. cmd takes 8191 characters."""


@dataclass(frozen=True, slots=True)
class Place:
    """A machine to be read; the address is empty where the manager has none."""

    name: str
    address: str
    computer_id: int | None = None
    agentless: bool | None = None
    host_key: str | None = None


@dataclass
class LoginGate:
    """Keeps a wrong password from locking an account.

    Until a machine has taken the login they try it one after another, and after three refusals
    no other does. Once one has taken it, the password is right and all try at the same time.
    """

    _taken: bool = False
    _refused: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def attempt(self) -> Iterator[None]:
        """Wait for our turn; the body logs in.

        Raises:
            CouldNotRead: too many machines have refused; the login is not to be tried.
        """
        with contextlib.nullcontext() if self._taken else self._turn:
            if not self._taken and self._refused >= REFUSALS:
                got = Text(
                    "{refused} other machines refused it, so it was not tried here",
                    refused=self._refused,
                )
                raise Denied(Text("log in"), got, Text("correct the credential, then read again"))
            try:
                yield
            except ssh.LoginRefused:
                self._refused += 1
                raise
            self._taken = True


@dataclass(frozen=True, slots=True)
class Session:
    """The fleet, and what it takes to log in."""

    target: Fleet
    login: Login
    places: tuple[Place, ...]


@contextlib.contextmanager
def connect(request: Request) -> Iterator[Session]:
    """Find out which machines there are; each is connected to when it is read.

    Raises:
        CouldNotRead: the manager's computers could not be read.
    """
    target: Fleet = request.target
    if target.from_dsm:
        computers = request.related(target.from_dsm, "computers")
        places = tuple(
            _place(computer, target.dial) for computer in computers if _concerns(computer)
        )
    else:
        places = tuple(Place(m.name, m.address, host_key=m.host_key) for m in target.machines)
    yield Session(target, request.login, places)


def _concerns(computer: Computer) -> bool:
    return "windows" in computer.platform.lower() and computer.module_on("antiMalware")


def _place(computer: Computer, dial: str) -> Place:
    address = computer.last_ip if dial == "last_ip" else computer.host_name
    return Place(computer.host_name, address or "", computer.id, computer.agentless)


def read_machines(session: Session) -> tuple[Machine, ...]:
    """Every machine of the fleet, in its order; what one did not tell is its own ``Unread``."""
    gate = LoginGate()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(lambda place: _machine(session, place, gate), session.places))


PARTS: Mapping[str, Callable[[Any], object]] = {"machines": read_machines}


def _machine(session: Session, place: Place, gate: LoginGate) -> Machine:
    try:
        answer: Windows | Unread = _ask(session, place, gate)
    except CouldNotRead as error:
        answer = Unread(error.message)
    return Machine(place.name, place.address, place.computer_id, place.agentless, answer)


def _ask(session: Session, place: Place, gate: LoginGate) -> Windows:
    if not place.address:
        got = Text(
            "the manager knows no {dial} of {name}", dial=session.target.dial, name=place.name
        )
        raise CouldNotRead(
            Text("find its address"), got, Text("set dial to the other one, or list machines")
        )
    try:
        place.address.encode("idna")  # as the socket module does, with an error of its own kind
    except UnicodeError:
        raise CouldNotRead(
            Text("resolve {address}", address=place.address), Text("that is not a host name")
        ) from None
    with _reach(session.target, place) as door:
        with gate.attempt():
            shell = door.log_in(session.login, [COMMAND])
        asked = datetime.now(UTC)
        output = shell.run(COMMAND).stdout_bytes.decode("ascii", errors="replace")
        answered = datetime.now(UTC)
    tried = Text("read {address}", address=place.address)
    try:
        parts = split(output, QUESTIONS, tried, Text("the account's shell must be cmd"))
        return replace(windows(parts), clock=clock(parts, asked, answered))
    except CouldNotRead as error:
        raise CouldNotRead(
            Text("{tried} of {address}", tried=error.tried, address=place.address),
            error.got,
            error.advice,
        ) from None


def _reach(target: Fleet, place: Place) -> contextlib.AbstractContextManager[ssh.Door | winrm.Door]:
    where = (place.address, target.port, target.timeout)
    if target.transport == "ssh":
        keys = (place.host_key, target.known_hosts)
        return ssh.reach(ssh.Endpoint(*where, *keys, target.credential))
    return winrm.reach(winrm.Endpoint(*where, target.ca, target.credential))


def windows(parts: Mapping[str, Section]) -> Windows:
    """The facts in a whole answer.

    Raises:
        CouldNotRead: something that every Windows has was not told, or an answer is not understood.
    """
    answer = Answer(parts)
    answer.state("a-service")  # told only where services may be asked for at all
    return Windows(
        product=answer.needed("product", "ProductName"),
        build=answer.needed("build", "CurrentBuildNumber"),
        ubr=answer.number("ubr", "UBR"),
        root=answer.roots(),
        auth_root=answer.thumbprints("authroot"),
        disallowed=answer.thumbprints("disallowed"),
        root_update_disabled=answer.number("root-update", "DisableRootAutoUpdate") == 1,
        root_update_url=answer.value("root-url", "RootDirURL"),
        pending_reboot=tuple(reason for name, reason in _REBOOTS.items() if answer.pending(name)),
        services=tuple(Service(name, answer.state(f"service-{name.lower()}")) for name in SERVICES),
        system_drive_free=answer.free(),
    )


def clock(
    parts: Mapping[str, Section], asked: datetime, answered: datetime
) -> ClockReading | Unread:
    """The machine's clock; a date in a form that is not understood leaves the rest as it is.

    cmd tells local time, in the order of day, month and year that the account has set.
    """
    answer = Answer(parts)
    try:
        bias = answer.number("bias", "ActiveTimeBias")
        order = answer.needed("date-order", "sShortDate")
        local = _local(parts["clock"].text, order)
        if bias is None or local is None:
            raise answer.unclear("clock")
    except CouldNotRead as error:
        return Unread(error.message)
    minutes = bias - 2**32 if bias >= 2**31 else bias  # a REG_DWORD has no sign
    told = (local + timedelta(minutes=minutes)).replace(tzinfo=UTC)
    return ClockReading(told, HUNDREDTH, asked, answered)


def _local(said: str, order: str) -> datetime | None:
    """A date in numbers and a time; None for a date with a month's name, an era, or none."""
    parts = [part for part in re.findall(r"d+|M+|y+|g+", order) if part not in ("ddd", "dddd")]
    if any(part in ("MMM", "MMMM") for part in parts):
        return None
    found = re.search(r"(\d+)\D+(\d+)\D+(\d+)\D+(\d+):(\d\d):(\d\d)[.,](\d\d)\s*$", said)
    if not found or sorted(part[0] for part in parts) != ["M", "d", "y"]:
        return None
    day = dict(zip((part[0] for part in parts), map(int, found.groups()[:3]), strict=True))
    year = day["y"] if day["y"] >= CENTURY else day["y"] + 20 * CENTURY
    hour, minute, second, hundredths = map(int, found.groups()[3:])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return datetime(  # noqa: DTZ001 - the zone is told apart from it
            year, day["M"], day["d"], hour, minute, second, hundredths * 10_000
        )
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a machine said, and what its "absent" looks like."""

    parts: Mapping[str, Section]
    questions: Mapping[str, str] = field(default_factory=lambda: QUESTIONS)

    def is_like(self, name: str, *samples: str) -> bool:
        """Whether a question failed just as one of these, which ask for what exists nowhere."""
        said = self.parts[name]
        return said.status != 0 and any(
            (said.status, said.lines) == (sample.status, sample.lines)
            for sample in (self.parts[sample] for sample in samples)
        )

    def unclear(self, name: str) -> CouldNotRead:
        """The error for an answer that is not understood."""
        said = self.parts[name]
        got = Text(
            "{said} (exit status {status})",
            said=excerpt(said.text) or Text("nothing"),
            status=said.status,
        )
        return CouldNotRead(
            Text("run {questions}", questions=self.questions[name]),
            got,
            Text("let the account read it"),
        )

    def value(self, name: str, value: str) -> str | None:
        """Data of a registry value; None when it, or its key, is absent or it is empty."""
        if self.is_like(name, "no-key", "no-value"):
            return None
        pattern = rf"^\s+{value}\s+REG_\w+(.*)$"
        found = re.search(pattern, self.parts[name].text, re.MULTILINE | re.IGNORECASE)
        if self.parts[name].status or not found:
            raise self.unclear(name)
        return found[1].strip() or None

    def needed(self, name: str, value: str) -> str:
        """Data of a registry value that every Windows has."""
        data = self.value(name, value)
        if data is None:
            raise self.unclear(name)
        return data

    def number(self, name: str, value: str) -> int | None:
        """A REG_DWORD; None when it is absent."""
        data = self.value(name, value)
        if data is None:
            return None
        if not re.fullmatch(r"0x[0-9a-f]+", data, re.IGNORECASE):
            raise self.unclear(name)
        return int(data, 16)

    def pending(self, name: str) -> bool:
        """Whether a reason for a reboot is there: a key, or a value that is not empty."""
        if name == "renames":
            return self.value(name, "PendingFileRenameOperations") is not None
        if self.parts[name].status and not self.is_like(name, "no-key"):
            raise self.unclear(name)
        return self.parts[name].status == 0

    def roots(self) -> frozenset[str]:
        """Thumbprints of the root store; the machine's own part of it is never empty."""
        if not self._certificates("root-local"):
            raise self.unclear("root-local")
        return self.thumbprints("root")

    def thumbprints(self, store: str) -> frozenset[str]:
        """Thumbprints of a store, wherever they come from."""
        names = [f"{store}-{place}" for place in _PLACES]
        return frozenset().union(*(self._certificates(name) for name in names))

    def _certificates(self, name: str) -> set[str]:
        if self.is_like(name, "no-key"):
            return set()
        keys = [line for line in self.parts[name].lines if line.upper().startswith("HKEY_")]
        own = {key.upper() for key in keys if key.upper().endswith("\\CERTIFICATES")}
        found = {key.rpartition("\\")[2].upper() for key in keys if key.upper() not in own}
        if self.parts[name].status or not all(re.fullmatch(r"[0-9A-F]{40}", f) for f in found):
            raise self.unclear(name)
        return found

    def state(self, name: str) -> str:
        """State of a service or driver, "ABSENT" when it is not installed."""
        if name != "a-service" and self.is_like(name, "no-service"):
            return "ABSENT"
        # Not "STATE": the labels come in the machine's language, number and word do not.
        for number, word in re.findall(r":\s+(\d+)\s+([A-Z_]+)\b", self.parts[name].text):
            if self.parts[name].status == 0 and _STATES.get(number) == word:
                return str(word)
        raise self.unclear(name)

    def free(self) -> int:
        """Bytes free on the system drive: the last of the numbers in the last line of dir."""
        section = self.parts["drive"]
        numbers = re.findall(r"\d+", section.lines[-1]) if section.lines else []
        if section.status or len(numbers) != 2:  # noqa: PLR2004 - folders and bytes
            raise self.unclear("drive")
        return int(numbers[1])
