"""The engine that reads: all at once, each target once, a reason for all that is missing.

The readers here are modules of a few lines, so that the engine alone is under test.
"""

from __future__ import annotations

import inspect
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.file import parse
from kanmon.environment.targets import KINDS
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import IDENTITY, PARTS, Unread
from kanmon.facts.collected import Facts
from kanmon.readers.concurrent import complete, read

WAIT = 10
"""Seconds after which a test that would wait for ever gives up."""
SECRET = "hunter2-Very-Secret"
LOGINS = {"ro": Login("kanmon-ro", SecretStr(SECRET)), "other": Login("o", SecretStr("pass word"))}
TRUST = '[credentials.ro]\nusername = "u"\npassword = "env:X"\n'

ESTATE = f"""
[[vcenter]]
slug = "vc"
address = "192.0.2.1"
credential = "ro"
[[nsxv]]
slug = "nv"
address = "192.0.2.2"
credential = "ro"
vcenter = "vc"
[[nsxt]]
slug = "nt"
address = "192.0.2.3"
credential = "ro"
vcenters = ["vc"]
[[dsm]]
slug = "dsm"
credential = "ro"
database = "db"
nodes = [{{ slug = "n1", address = "192.0.2.4" }}]
[[database]]
slug = "db"
product = "sqlserver"
address = "192.0.2.5"
credential = "ro"
[[linux]]
slug = "host"
address = "192.0.2.6"
credential = "ro"
[[windows]]
slug = "fleet"
from_dsm = "dsm"
credential = "ro"
[[windows]]
slug = "named"
machines = [{{ name = "app-1", address = "192.0.2.7" }}]
credential = "ro"
{TRUST}"""


def estate(text=ESTATE):
    return parse(text, "prod", Path("prod.toml"))


def hosts(count):
    """An estate of Linux hosts a, b, c and so on."""
    tables = [
        f'[[linux]]\nslug = "{slug}"\naddress = "{slug}.example.jp"\ncredential = "ro"\n'
        for slug in "abcdefgh"[:count]
    ]
    return estate("".join(tables) + TRUST)


@pytest.fixture
def reader(monkeypatch):
    """Makes the reader module of a kind; its ``log`` tells logins and logouts."""

    def make(kind="linux", *, parts=None, probes=None, connect=None):
        made = ModuleType(f"kanmon.readers.{kind}")
        made.log = []

        @contextmanager
        def session(request):
            made.log.append(f"in {request.target.slug} as {request.login.username}")
            try:
                yield request
            finally:
                made.log.append(f"out {request.target.slug}")

        made.PARTS = parts or {}
        made.PROBES = probes or {}
        made.connect = connect or session
        monkeypatch.setitem(sys.modules, made.__name__, made)
        return made

    return make


def fails(error):
    """A part that raises."""

    def part(_):
        raise error

    return part


def place(function):
    """Where a function of this file raises, as a reason names it: its second line."""
    return f"{Path(__file__).name}:{inspect.getsourcelines(function)[1] + 1}"


def test_all_targets_are_read_at_the_same_time(reader):
    """Eight targets wait for each other in the middle of being read: none waits for its turn."""
    meeting = threading.Barrier(8)
    reader(parts={"p": lambda _: meeting.wait(WAIT)})
    facts = read(hosts(8), {(slug, "p") for slug in "abcdefgh"}, LOGINS)
    assert sorted(facts.parts.values()) == list(range(8))
    assert facts.seconds.keys() == set("abcdefgh")


def test_probes_do_not_wait_for_the_session(reader):
    """Probes of a target run beside each other and beside its session."""
    meeting = threading.Barrier(3)

    def meet(_):
        return meeting.wait(WAIT)

    reader(parts={"p": meet}, probes={"q": meet, "r": meet})
    facts = read(hosts(1), {("a", "p"), ("a", "q"), ("a", "r")}, LOGINS)
    assert sorted(facts.parts.values()) == [0, 1, 2]


def test_parts_share_one_session(reader):
    """Parts are read in the reader's order, between one login and one logout."""
    module = reader()
    for name in ("third", "first", "second"):
        module.PARTS[name] = lambda _, name=name: module.log.append(name)
    read(hosts(1), {("a", "first"), ("a", "second"), ("a", "third")}, LOGINS)
    assert module.log == ["in a as kanmon-ro", "third", "first", "second", "out a"]


def test_probes_alone_need_no_login(reader):
    """Where no part is wanted nobody logs in; the probe gets the target itself."""
    module = reader(parts={"p": lambda _: 1}, probes={"q": lambda target: target.slug})
    assert read(hosts(1), {("a", "q")}, LOGINS).parts == {("a", "q"): "a"}
    assert module.log == []


def test_what_nobody_wants_is_not_read(reader):
    """Targets and parts that no check needs are left alone."""
    module = reader(parts={"p": lambda request: request.target.slug, "x": fails(AssertionError())})
    facts = read(hosts(2), {("b", "p")}, LOGINS)
    assert facts.parts == {("b", "p"): "b"}
    assert module.log == ["in b as kanmon-ro", "out b"]
    assert facts.seconds.keys() == {"b"}


def test_one_part_that_cannot_be_read_leaves_the_others(reader):
    """A fact that could not be read says so in the operator's words; the rest is read."""
    module = reader(
        parts={
            "p": lambda _: 1,
            "q": fails(CouldNotRead("list the hosts", "HTTP 403", "grant Auditor")),
            "r": lambda _: 3,
        }
    )
    facts = read(hosts(1), {("a", part) for part in "pqr"}, LOGINS)
    told = "a (a.example.jp:22): tried to list the hosts; got: HTTP 403; grant Auditor"
    assert facts.of("a") == {"p": 1, "q": Unread(told), "r": 3}
    assert facts.unread("a") == {"q": told}
    assert module.log == ["in a as kanmon-ro", "out a"]


def test_a_target_that_is_lost_at_login_is_dialled_once(reader):
    """All parts of a target that does not let us in get the same reason from one attempt."""
    attempts = []

    @contextmanager
    def connect(request):
        attempts.append(request.target.slug)
        raise TargetLost("log in", "HTTP 401", "check the credential ro")
        yield

    reader(parts=dict.fromkeys("pqr", lambda _: 1), connect=connect)
    facts = read(hosts(1), {("a", part) for part in "pqr"}, LOGINS)
    (reason,) = set(facts.parts.values())
    assert reason.reason.endswith("tried to log in; got: HTTP 401; check the credential ro")
    assert attempts == ["a"]


def test_a_target_that_is_lost_on_the_way_keeps_what_was_read(reader):
    """What was read before stays; the part under way and all after it get the one reason."""
    module = reader(
        parts={
            "p": lambda _: 1,
            "q": fails(TargetLost("list the hosts", "connection reset")),
            "r": lambda _: module.log.append("asked again"),
        },
        probes={"s": lambda _: 4},
    )
    facts = read(hosts(2), {("a", part) for part in "pqrs"} | {("b", "p")}, LOGINS)
    lost = Unread("a (a.example.jp:22): tried to list the hosts; got: connection reset")
    assert facts.of("a") == {"p": 1, "q": lost, "r": lost, "s": 4}
    assert facts.of("b") == {"p": 1}
    assert "asked again" not in module.log
    assert module.log.count("in a as kanmon-ro") == module.log.count("out a") == 1


def test_a_lost_target_keeps_its_reason_though_logging_out_fails_too(reader):
    """The reason is why the target was lost, not that nobody could log out of it."""

    @contextmanager
    def connect(request):
        try:
            yield request
        finally:
            raise ConnectionResetError("at logout")

    reader(parts={"p": fails(TargetLost("list the hosts", "no answer")), "q": len}, connect=connect)
    facts = read(hosts(1), {("a", "p"), ("a", "q")}, LOGINS)
    lost = Unread("a (a.example.jp:22): tried to list the hosts; got: no answer")
    assert facts.of("a") == {"p": lost, "q": lost}


def test_a_logout_that_fails_takes_nothing_away(reader):
    """Facts that were read before the logout failed are facts."""

    @contextmanager
    def connect(request):
        yield request
        raise ConnectionResetError("at logout")

    reader(parts={"p": lambda _: 1, "q": lambda _: 2}, connect=connect)
    assert read(hosts(1), {("a", "p"), ("a", "q")}, LOGINS).of("a") == {"p": 1, "q": 2}


def crash(_):
    raise ValueError(f"unexpected\n  token {SECRET}")


def crash_at_login(_):
    raise ValueError(f"unexpected token {SECRET}")
    yield


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ({"parts": {"p": crash}}, crash),
        ({"probes": {"p": crash}}, crash),
        ({"parts": {"p": len}, "connect": contextmanager(crash_at_login)}, crash_at_login),
    ],
    ids=["part", "probe", "login"],
)
def test_a_crash_is_a_reason_with_its_place_and_without_secrets(reader, module, function):
    """A fault of a reader leaves its part unread, says where it is, and keeps secrets to itself."""
    reader(**module)
    facts = read(hosts(1), {("a", "p")}, LOGINS)
    assert facts.unread("a")["p"] == (
        f"a (a.example.jp:22): the reader failed at {place(function)}: "
        "ValueError: unexpected token ***"
    )


def test_a_reader_that_cannot_be_loaded_is_a_reason(monkeypatch):
    """Where a reader's module does not load, all parts say so."""
    monkeypatch.setitem(sys.modules, "kanmon.readers.linux", None)
    facts = read(hosts(1), {("a", "p"), ("a", "q")}, LOGINS)
    assert facts.unread("a").keys() == {"p", "q"}
    for reason in facts.unread("a").values():
        assert "load what reads linux targets on this machine; got: ModuleNotFoundError" in reason
        assert "the target was not asked" in reason


def test_a_refused_request_is_a_reason(reader):
    """What the allow-list refused leaves its own part unread, and the next is read."""
    reader(parts={"p": fails(NotAllowed("DELETE /api/hosts is not on the list")), "q": lambda _: 2})
    facts = read(hosts(1), {("a", "p"), ("a", "q")}, LOGINS)
    assert "NotAllowed: DELETE /api/hosts is not on the list" in facts.unread("a")["p"]
    assert facts.of("a")["q"] == 2


@pytest.mark.parametrize("error", [CouldNotRead, TargetLost])
def test_a_reason_holds_no_secret_of_any_login(reader, error):
    """Every secret of the run is masked in every reason, not only the target's own."""
    reader(parts={"p": fails(error(f"log in with {SECRET}", "pass word rejected"))})
    reason = read(hosts(1), {("a", "p")}, LOGINS).unread("a")["p"]
    assert reason.endswith("tried to log in with ***; got: *** rejected")


@pytest.mark.parametrize(
    ("secret", "text"),
    [("two  blanks", "rejected: two  blanks"), (SECRET, "x" * 290 + SECRET)],
    ids=["two blanks", "at the cut"],
)
def test_shortening_a_crash_leaves_no_part_of_a_secret(reader, secret, text):
    """However a crash's text is shortened, no secret comes through in another form or in part."""
    reader(parts={"p": fails(ValueError(text))})
    logins = {"ro": Login("u", SecretStr(secret))}
    reason = read(hosts(1), {("a", "p")}, logins).unread("a")["p"]
    assert "ValueError: " in reason
    assert "two blanks" not in reason
    assert secret[:7] not in reason


def test_a_part_that_a_reader_does_not_have_is_unread(reader):
    """A part that nobody can read is unread, never absent."""
    reader(parts={"p": lambda _: 1})
    facts = read(hosts(1), {("a", "p"), ("a", "x")}, LOGINS)
    assert facts.of("a") == {"p": 1, "x": Unread("linux has no x")}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_reader_that_ends_without_an_answer_leaves_its_parts_unread(reader):
    """Even a reader that takes its thread down leaves a reason behind."""
    reader(parts={"p": fails(SystemExit(1))})
    facts = read(hosts(2), {("a", "p"), ("b", "p")}, LOGINS)
    assert set(facts.parts.values()) == {Unread("the reader ended without an answer")}


def test_related_waits_for_the_other_target(reader):
    """A fact of another target is waited for, however late it comes."""
    asked = threading.Event()

    def ask(request):
        asked.set()
        return f"{request.related('host', 'p')} seen from vc"

    reader("vcenter", parts={"q": ask})
    reader("linux", parts={"p": lambda _: asked.wait(WAIT)})
    facts = read(estate(), {("host", "p"), ("vc", "q")}, LOGINS)
    assert facts.parts == {("host", "p"): True, ("vc", "q"): "True seen from vc"}


@pytest.mark.parametrize(
    "module",
    [
        {"parts": {"p": fails(CouldNotRead("list the hosts", "HTTP 403"))}},
        {"parts": {"p": fails(TargetLost("list the hosts", "HTTP 403"))}},
        {"probes": {"p": fails(CouldNotRead("list the hosts", "HTTP 403"))}},
    ],
    ids=["part", "lost", "probe"],
)
def test_related_passes_on_why_there_is_no_fact(reader, module):
    """Where the other target's fact is missing, the reason names that target and its reason."""
    reader("linux", **module)
    reader(
        "vcenter",
        parts={"q": lambda request: request.related("host", "p"), "r": lambda _: 3},
    )
    facts = read(estate(), {("host", "p"), ("vc", "q"), ("vc", "r")}, LOGINS)
    assert facts.unread("vc") == {
        "q": "vc (192.0.2.1:443): tried to learn the p of host; got: "
        "host (192.0.2.6:22): tried to list the hosts; got: HTTP 403"
    }
    assert facts.of("vc")["r"] == 3


# target that waits for one of them waits for ever; _target should settle its parts in any case.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_related_does_not_wait_for_a_reader_that_has_ended(reader):
    """Whoever waits for a fact is told when it can no longer come."""
    reader("linux", parts={"p": fails(SystemExit(1))})
    reader("vcenter", parts={"q": lambda request: request.related("host", "p")})
    ended = []

    def run():
        ended.append(read(estate(), {("host", "p"), ("vc", "q")}, LOGINS))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(3)
    assert ended, "the run waits for ever"
    assert "ended without an answer" in ended[0].unread("vc")["q"]


def test_related_facts_that_nobody_reads_are_a_fault_of_the_reader(reader):
    """Asking for what is not read ends in a reason and does not wait for ever."""
    reader(parts={"p": lambda request: request.related("vc", "hosts")})
    assert "KeyError" in read(hosts(1), {("a", "p")}, LOGINS).unread("a")["p"]


def test_progress_tells_the_start_and_the_end_of_each_target(reader):
    """Each target is told as being read, then as read or with its first reason."""
    told = []
    reader(
        parts={
            "p": lambda request: (
                fails(CouldNotRead("look", "HTTP 403"))(request)
                if request.target.slug == "b"
                else 1
            ),
        }
    )
    read(hosts(2), {("a", "p"), ("b", "p")}, LOGINS, lambda *state: told.append(state))
    assert [state for slug, state in told if slug == "a"] == ["reading", "read"]
    assert [state for slug, state in told if slug == "b"] == [
        "reading",
        "b (b.example.jp:22): tried to look; got: HTTP 403",
    ]


def test_complete_adds_each_targets_identity():
    """Whatever is read of a target, what it is is read with it."""
    assert IDENTITY.keys() == set(KINDS)
    for target in estate().targets:
        wanted = {(target.slug, "certificates")}
        assert (target.slug, IDENTITY[target.kind]) in complete(estate(), wanted)
        assert IDENTITY[target.kind] in PARTS[target.kind]


@pytest.mark.parametrize(
    ("wanted", "added"),
    [
        (("fleet", "machines"), {("dsm", "computers"), ("dsm", "manager")}),
        (("named", "machines"), set()),
        (("nv", "agents"), {("vc", "hosts"), ("vc", "about"), ("nv", "manager")}),
        (("nv", "preparation"), {("vc", "hosts"), ("vc", "about"), ("nv", "manager")}),
        (("nv", "manager"), set()),
        (("nv", "certificates"), {("nv", "manager")}),
        (("vc", "vms"), {("vc", "about")}),
    ],
    ids=lambda keys: str(keys) if isinstance(keys, tuple) else str(len(keys)),
)
def test_complete_adds_what_readers_ask_of_others(wanted, added):
    """Fleets need the manager's computers and NSX-V the vCenter's hosts; nothing else is added."""
    completed = complete(estate(), {wanted})
    assert completed == {wanted} | added
    assert complete(estate(), completed) == completed


def test_complete_refuses_a_target_that_is_not_there():
    """A part of an unknown target is a fault of the caller."""
    with pytest.raises(KeyError):
        complete(estate(), {("nowhere", "hosts")})


def test_facts_are_told_by_target():
    """Of a target there are its own parts alone, and of the unread ones the reasons."""
    facts = Facts({("a", "p"): (), ("a", "q"): Unread("no"), ("b", "p"): 3})
    assert facts.of("a") == {"p": (), "q": Unread("no")}
    assert facts.unread("a") == {"q": "no"}
    assert facts.unread("b") == facts.of("c") == {}
