"""The appliance's REST interface over sockets: right answers, denied, broken, and what is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.vcenter.appliance import Appliance, Backup, Partition, Service, ServiceState
from kanmon.facts.vcenter.trust import RootAccount
from kanmon.readers.vcenter import inventory as vcenter
from kanmon.readers.vcenter.rest import RIGHTS, SESSION
from lab.transport.pki import Pki
from lab.transport.server import Answer
from lab.world.appliance import EMBEDDED, EXTERNAL
from tests.readers.vcenters import PASSWORD, request, running, session, small

PARTS = ("appliance", "backups", "storage", "readings", "services", "root_account")
VERSION = "/rest/appliance/system/version"
JOBS = "/rest/appliance/recovery/backup/job"
MONITORING = "/rest/appliance/monitoring"
HEALTH = "/rest/appliance/health"
ROOT = "/rest/appliance/local-accounts/root"
SERVICES = "/rest/appliance/vmon/service"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def estate(version="6.7.0", build="14367737", **appliance):
    """A vCenter of a release on a machine."""
    host = {"name": "esx", "number": 21, "version": "6.5.0", "build": "8294253"}
    clusters = [{"name": "C", "number": 7, "hosts": [host]}]
    one = {"slug": "vc", "version": version, "build": build, "clusters": clusters}
    return small(vcenter=[{**one, "appliance": appliance}], machine=[])


def answering(server, answers):
    """Let the server answer some paths in another way."""
    plain = server._appliance.respond
    server._appliance.respond = lambda asked: answers.get(asked.path) or plain(asked)


def value(told):
    return Answer(200, json.dumps({"value": told}).encode())


def read(pki, part, answers, world=None):
    """A part of an appliance that answers some paths in another way."""
    with session(world or estate(), pki) as (server, opened):
        answering(server, answers)
        return vcenter.PARTS[part](opened)


# What is read


def test_the_deployment_is_the_appliances_own_word(pki):
    """Version, build and type arrive as the world has them."""
    with session(estate(deployment=EXTERNAL), pki) as (_, opened):
        assert vcenter.PARTS["appliance"](opened) == Appliance(EXTERNAL, "6.7.0.0", "14367737")


@pytest.mark.parametrize(
    ("version", "running", "asked"),
    [
        ("6.5.0", "INPROGRESS", [JOBS, f"{JOBS}/ID", f"{JOBS}/ID", f"{JOBS}/ID"]),
        ("6.7.0", "RUNNING", [f"{JOBS}/details"]),
        ("7.0.2", "RUNNING", [f"{JOBS}/details"]),
    ],
)
def test_backup_jobs_of_each_release(pki, version, running, asked):
    """6.5 lists names and tells each job; later releases tell all in one answer."""
    jobs = [
        {"status": "FAILED", "hours_ago": 30},
        {"hours_ago": 5},
        {"status": running, "hours_ago": 0.5},
    ]
    with session(estate(version, "1", backups=jobs), pki) as (server, opened):
        found = vcenter.PARTS["backups"](opened)
        sent = [one.removeprefix("GET ") for one in server.requests if JOBS in one]
    assert [job.status for job in found] == ["FAILED", "SUCCEEDED", running]
    failed, good, runs = found
    assert good.ended - failed.ended == timedelta(hours=25)
    assert good.ended.tzinfo is UTC
    assert runs.ended is None
    assert good.id.endswith("-1")
    assert [re.sub(r"\d+-\d+-\d+", "ID", one) for one in sent] == asked


def test_of_many_jobs_of_65_the_newest_are_asked(pki):
    """Each is an exchange of its own: the last twenty by their names, which begin with the time."""
    jobs = [{"hours_ago": hours} for hours in range(1, 31)]
    with session(estate("6.5.0", "1", backups=jobs), pki) as (_, opened):
        found = vcenter.PARTS["backups"](opened)
    assert len(found) == 20
    assert max(one.ended for one in found) - min(one.ended for one in found) == timedelta(hours=19)


def test_no_job_at_all_is_an_answer(pki):
    """An appliance that was never backed up has none; that is read, and judged elsewhere."""
    for version in ("6.5.0", "6.7.0"):
        with session(estate(version, "1", backups=[]), pki) as (_, opened):
            assert vcenter.PARTS["backups"](opened) == ()


def test_file_systems_in_kib(pki):
    """Colours and sizes arrive as the world has them, from one question for all file systems."""
    sizes = {"root": (4, 11), "vcdb_core_inventory": (1.5, 10)}
    world = estate(storage="yellow", database_storage="red", partitions=sizes)
    with session(world, pki) as (server, opened):
        found = vcenter.PARTS["storage"](opened)
        assert server.requests.count(f"GET {MONITORING}/query") == 1
    assert (found.health, found.database_health) == ("yellow", "red")
    assert found.partitions == (
        Partition("root", 4 * 2**20, 11 * 2**20),
        Partition("vcdb_core_inventory", round(1.5 * 2**20), 10 * 2**20),
    )


def test_colours_of_the_other_parts(pki):
    """Each part that is asked for arrives by its own word; updates that lie ready are not asked."""
    with session(estate(condition={"swap": "red"}), pki) as (server, opened):
        found = vcenter.PARTS["readings"](opened)
        assert f"GET {HEALTH}/software-packages" not in server.requests
    assert [(one.of, one.colour) for one in found] == [
        ("applmgmt", "green"),
        ("load", "green"),
        ("mem", "green"),
        ("swap", "red"),
    ]


def test_services_of_the_appliance(pki):
    """Startup and state of each arrive, and its health where it has one."""
    stopped = {"state": "STOPPED", "health": ""}
    with session(estate(services={"vpxd": {}, "sps": stopped}), pki) as (_, opened):
        found = vcenter.PARTS["services"](opened)
    assert found == (
        Service("vpxd", ServiceState("AUTOMATIC", "STARTED", "HEALTHY")),
        Service("sps", ServiceState("AUTOMATIC", "STOPPED", None)),
    )


@pytest.mark.parametrize("version", ["6.7.0", "7.0.2", "8.0.0"])
@pytest.mark.parametrize("days", [60, -1, None])
def test_when_the_password_of_root_ends(pki, version, days):
    """The time arrives, aware; an appliance that names none says that it never ends."""
    with session(estate(version, "1", root_days=days), pki) as (_, opened):
        found = vcenter.PARTS["root_account"](opened)
    assert found.usable
    if days is None:
        assert found.expires is None
    else:
        left = found.expires - datetime.now(UTC)
        assert abs(left - timedelta(days=days)) < timedelta(hours=1)


def test_65_does_not_tell_of_root_and_is_not_asked(pki):
    """It says where to look instead."""
    with session(estate("6.5.0", "1"), pki) as (server, opened):
        found = vcenter.PARTS["root_account"](opened)
        assert isinstance(found, NotKept)
        assert "chage" in found.untold
        assert not [one for one in server.requests if "local-accounts" in one]


@pytest.mark.parametrize("changes", [{"enabled": False}, {"has_password": False}])
def test_a_root_that_nobody_may_use(pki, changes):
    """A time alone does not make it good."""
    world = estate(root={"enabled": True, "has_password": True, **changes})
    with session(world, pki) as (_, opened):
        assert not vcenter.PARTS["root_account"](opened).usable


def test_root_in_the_form_of_the_vendors_reference(pki):
    """A reply as the reference of ``LocalAccounts.Info`` has it, with all that nobody asks for."""
    told = {
        "fullname": "root",
        "email": "string",
        "roles": ["superAdmin"],
        "enabled": True,
        "has_password": True,
        "last_password_change": "2015-01-01T22:13:05.651Z",
        "password_expires_at": "2015-01-01T22:13:05.651Z",
        "inactive_at": "2015-01-01T22:13:05.651Z",
        "min_days_between_password_change": 0,
        "max_days_between_password_change": 90,
        "warn_days_before_password_expiration": 7,
    }
    ends = datetime(2015, 1, 1, 22, 13, 5, 651000, tzinfo=UTC)
    assert read(pki, "root_account", {ROOT: value(told)}) == RootAccount(usable=True, expires=ends)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"enabled": True},
        {"has_password": True},
        {"enabled": "yes", "has_password": True},
        {"enabled": True, "has_password": True, "password_expires_at": "soon"},
        {"enabled": True, "has_password": True, "password_expires_at": ""},
        {"enabled": True, "has_password": True, "password_expires_at": "2026-12-06"},
        {"enabled": True, "has_password": True, "password_expires_at": 7},
    ],
)
def test_a_root_of_unknown_form_is_an_error(pki, told):
    """It is never a password that does not end."""
    with pytest.raises(CouldNotRead):
        read(pki, "root_account", {ROOT: value(told)})


def test_a_service_in_the_form_of_the_vendors_reference(pki):
    """A reply as the vendor's reference documents ``appliance/vmon/service``, messages and all."""
    message = {"args": [], "default_message": "string", "id": "string"}
    told = {
        "name_key": "cis.vpxd.ServiceName",
        "description_key": "cis.vpxd.ServiceDescription",
        "startup_type": "AUTOMATIC",
        "state": "STARTED",
        "health": "HEALTHY_WITH_WARNINGS",
        "health_messages": [message],
    }
    found = read(pki, "services", {SERVICES: value([{"key": "vpxd", "value": told}])})
    assert found == (
        Service("vpxd", ServiceState("AUTOMATIC", "STARTED", "HEALTHY_WITH_WARNINGS")),
    )


@pytest.mark.parametrize(
    "told", [None, {}, {"state": "STARTED"}, {"startup_type": "AUTOMATIC", "state": 7}]
)
def test_a_service_of_unknown_form_is_unread_alone(pki, told):
    """The others are read as ever."""
    good = {"startup_type": "AUTOMATIC", "state": "STARTED"}
    entries = [{"key": "odd", "value": told}, {"key": "vpxd", "value": good}]
    odd, vpxd = read(pki, "services", {SERVICES: value(entries)})
    assert isinstance(odd.told, Unread)
    assert vpxd == Service("vpxd", ServiceState("AUTOMATIC", "STARTED", None))


@pytest.mark.parametrize("entries", [[], ["vpxd"], [{"value": {}}]])
def test_a_list_of_services_of_unknown_form_is_an_error(pki, entries):
    """None at all, or none with a name, is no answer."""
    with pytest.raises(CouldNotRead):
        read(pki, "services", {SERVICES: value(entries)})


@pytest.mark.parametrize("answer", [Answer(404, b"{}"), Answer(500, b"oops"), value(7)])
def test_a_colour_that_is_not_told_is_unread_alone(pki, answer):
    """The other colours and the file systems are read as ever."""
    stored = read(pki, "storage", {f"{HEALTH}/storage": answer})
    assert isinstance(stored.health, Unread)
    assert f"{HEALTH}/storage" in stored.health.reason
    assert stored.database_health == "green"
    assert not isinstance(stored.partitions, Unread)
    colours = {one.of: one.colour for one in read(pki, "readings", {f"{HEALTH}/mem": answer})}
    assert isinstance(colours["mem"], Unread)
    assert {colours[of] for of in ("applmgmt", "load", "swap")} == {"green"}


def test_answers_in_the_form_of_the_vendors_reference(pki):
    """A reply as the SDK for REST documents it, with all that nobody asks for."""
    message = {"args": ["string"], "default_message": "string", "id": "string"}
    told = {
        "cancelable": True,
        "description": message,
        "duration": 1,
        "end_time": "2015-01-01T22:13:05.651Z",
        "error": {},
        "location": "http://myurl.com",
        "location_user": "string",
        "messages": [message],
        "operation": "string",
        "parent": "obj-103",
        "progress": {"completed": 1, "message": message, "total": 1},
        "service": "obj-103",
        "size": 1,
        "start_time": "2015-01-01T22:13:05.651Z",
        "status": "SUCCEEDED",
        "target": {"id": "obj-103", "type": "string"},
        "type": "SCHEDULED",
        "user": "string",
    }
    answers = {f"{JOBS}/details": value([{"key": "obj-103", "value": told}])}
    ended = datetime(2015, 1, 1, 22, 13, 5, 651000, tzinfo=UTC)
    assert read(pki, "backups", answers) == (Backup("obj-103", "SUCCEEDED", ended),)


def test_a_file_system_without_a_sample_has_no_size(pki):
    """What the appliance lists and does not measure is no empty file system."""
    names = [f"storage.{k}.filesystem.{p}" for p in ("root", "x") for k in ("used", "totalsize")]
    answers = {
        MONITORING: value([{"id": name} for name in [*names, "cpu.util"]]),
        f"{MONITORING}/query": value(
            [
                {"name": names[0], "data": ["1", "2.0", ""]},
                {"name": names[1], "data": ["10"]},
                {"name": names[2], "data": []},
                {"name": names[3], "data": [""]},
            ]
        ),
    }
    found = read(pki, "storage", answers).partitions
    assert found == (Partition("root", 2, 10), Partition("x", None, None))


# What is sent


def test_one_session_for_all_parts_and_none_without_one(pki):
    """It is opened when a part asks first, and deleted at the end."""
    with running(estate(), pki) as server:
        with vcenter.connect(request(server.port, pki)) as opened:
            vcenter.about(opened)
        assert not [one for one in server.requests if "/rest" in one]
        with vcenter.connect(request(server.port, pki)) as opened:
            for part in PARTS:
                vcenter.PARTS[part](opened)
        rest = [one for one in server.requests if "/rest" in one]
        assert server._appliance._tokens == set()
    assert rest[0] == f"POST {SESSION}"
    assert rest[-1] == f"DELETE {SESSION}"
    assert not [one for one in rest[1:-1] if not one.startswith("GET ")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", JOBS),
        ("POST", f"{JOBS}/20261122-210000-1/cancel"),
        ("GET", f"{JOBS}/20261122-210000-1/cancel"),
        ("PUT", VERSION),
        ("DELETE", f"{JOBS}/20261122-210000-1"),
        ("GET", "/rest/appliance/recovery/backup/schedules"),
        ("GET", "/rest/appliance/networking"),
        ("GET", f"{HEALTH}/software-packages"),
        ("POST", f"{SERVICES}/vpxd/stop"),
        ("GET", f"{SERVICES}/vpxd"),
        ("GET", "/rest/appliance/local-accounts"),
        ("PATCH", ROOT),
        ("POST", "/rest/appliance/system/storage/resize"),
        ("PATCH", SESSION),
    ],
)
def test_what_is_not_on_the_allow_list_is_never_sent(pki, method, path):
    """Nothing but the session is ever posted or deleted, and few things are asked for."""
    with session(estate(), pki) as (server, opened):
        https = opened.rest._opened()
        sent = list(server.requests)
        with pytest.raises(NotAllowed):
            https.send(method, path)
        assert server.requests == sent


def test_a_name_of_a_job_that_is_none_is_not_asked_for(pki):
    """What stands in the list goes into a path: only a name of the known form does."""
    with pytest.raises(NotAllowed):
        read(pki, "backups", {JOBS: value(["../../system"])}, estate("6.5.0", "1"))


# Denied, and no appliance


@pytest.mark.parametrize("part", PARTS)
def test_an_account_without_the_right_is_told_which(pki, part):
    """It is no lost target: what vim25 tells is still read, before and after."""
    with session(estate(denied=True), pki) as (_, opened):
        assert len(vcenter.hosts(opened)) == 1
        with pytest.raises(CouldNotRead, match="HTTP 403") as error:
            vcenter.PARTS[part](opened)
        assert len(vcenter.hosts(opened)) == 1
    assert error.value.advice == RIGHTS
    assert not isinstance(error.value, TargetLost)
    assert "SystemConfiguration.ReadOnly" in RIGHTS


def test_a_refused_login_is_not_tried_again(pki):
    """Every part gets the reason, and the account is not locked by three wrong passwords."""
    with session(estate(), pki) as (server, opened):
        answering(server, {SESSION: Answer(401, b"{}")})
        for part in PARTS:
            with pytest.raises(CouldNotRead, match="HTTP 401") as error:
                vcenter.PARTS[part](opened)
            assert not isinstance(error.value, TargetLost)
            assert PASSWORD not in str(error.value)
        assert [one for one in server.requests if "/rest" in one] == [f"POST {SESSION}"]


def test_a_session_that_ends_is_unread_and_no_lost_target(pki):
    """The appliance forgets the session after the first answer; the next part says so."""
    with session(estate(), pki) as (server, opened):
        vcenter.PARTS["appliance"](opened)
        server._appliance._tokens.clear()
        with pytest.raises(CouldNotRead, match="HTTP 401"):
            vcenter.PARTS["backups"](opened)


@pytest.mark.parametrize("part", PARTS)
def test_a_vcenter_on_windows_has_no_appliance(pki, part):
    """That is said without asking."""
    with session(estate(os_type="win32-x64"), pki) as (server, opened):
        with pytest.raises(CouldNotRead, match="runs on Windows"):
            vcenter.PARTS[part](opened)
        assert not [one for one in server.requests if "/rest" in one]


def test_a_vcenter_that_is_gone_is_lost(pki):
    """No connection is the target's fault, not the part's."""
    with session(estate(), pki) as (server, opened):
        server.stop()
        with pytest.raises(TargetLost):
            vcenter.PARTS["appliance"](opened)


# Broken answers

VERSION_ANSWER = {"type": EMBEDDED, "version": "6.7.0.0", "build": "1"}
BROKEN = [
    Answer(200, b"<html>Please log in</html>", "text/html"),
    Answer(200, b"[]"),
    Answer(200, b"{}"),
    Answer(200, b""),
    Answer(404, b"{}"),
    Answer(500, b"oops"),
    Answer(503, b"down"),
    value(None),
    value(7),
]


@pytest.mark.parametrize("answer", BROKEN, ids=lambda one: f"{one.status}-{one.body[:14]!r}")
@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("appliance", VERSION),
        ("backups", f"{JOBS}/details"),
        ("services", SERVICES),
        ("root_account", ROOT),
    ],
)
def test_an_answer_of_another_kind_is_an_error(pki, part, path, answer):
    """It is never an empty fact, and never a lost target."""
    with pytest.raises(CouldNotRead, match="GET ") as error:
        read(pki, part, {path: answer})
    assert not isinstance(error.value, TargetLost)


@pytest.mark.parametrize("answer", [*BROKEN, value("")], ids=lambda one: str(one.body[:14]))
def test_a_session_that_is_none(pki, answer):
    """An answer to the login that holds no session is an error."""
    with pytest.raises(CouldNotRead, match=f"POST {SESSION}"):
        read(pki, "appliance", {SESSION: answer})


@pytest.mark.parametrize("field", ["type", "version", "build"])
@pytest.mark.parametrize("change", [{}, {"x": None}, {"x": ""}, {"x": 7}])
def test_a_version_without_a_field_is_an_error(pki, field, change):
    """Each field is required, and a text."""
    rest = {key: told for key, told in VERSION_ANSWER.items() if key != field}
    told = {**rest, **({field: change["x"]} if change else {})}
    with pytest.raises(CouldNotRead, match=field):
        read(pki, "appliance", {VERSION: value(told)})


@pytest.mark.parametrize(
    "job",
    [
        {"value": {"status": "SUCCEEDED"}},
        {"key": "a"},
        {"key": "a", "value": []},
        {"key": "a", "value": {"end_time": "2026-11-22T21:00:00Z"}},
        {"key": "a", "value": {"status": "SUCCEEDED", "end_time": "yesterday"}},
        {"key": "a", "value": {"status": "SUCCEEDED", "end_time": "2026-11-22T21:00:00"}},
        {"key": "a", "value": {"status": "SUCCEEDED", "end_time": 7}},
        "a",
    ],
)
def test_a_job_that_is_not_whole_is_an_error(pki, job):
    """No name, no status, or an end that is no time with its zone."""
    with pytest.raises(CouldNotRead):
        read(pki, "backups", {f"{JOBS}/details": value([job])})


def test_a_job_of_65_that_has_gone_is_an_error(pki):
    """A name on the list behind which there is nothing ends the part, not silently one job."""
    with pytest.raises(CouldNotRead, match="HTTP 404"):
        read(pki, "backups", {JOBS: value(["20261122-210000-1"])}, estate("6.5.0", "1"))


ITEM = {"id": "storage.used.filesystem.root"}


@pytest.mark.parametrize(
    ("items", "samples", "reason"),
    [
        ([], [], "no file system"),
        ([{"id": "cpu.util"}], [], "no file system"),
        ([{}], [], "'id'"),
        ([ITEM], [], "no sample of the last 6 hours"),
        ([ITEM], [{"name": ITEM["id"], "data": ["", ""]}], "no sample"),
        ([ITEM], [{"name": ITEM["id"], "data": ["many"]}], "expected a number"),
        ([ITEM], [{"name": ITEM["id"], "data": ["inf"]}], "expected a number"),
        ([ITEM], [{"name": ITEM["id"], "data": ["nan"]}], "expected a number"),
        ([ITEM], [{"name": ITEM["id"], "data": ["-1"]}], "expected a number"),
        ([ITEM], [{"name": ITEM["id"], "data": [7]}], "expected a text"),
        ([ITEM], [{"data": ["7"]}], "'name'"),
        ([ITEM], [{"name": ITEM["id"]}], "expected a list"),
        (None, None, "expected a list"),
    ],
)
def test_sizes_that_cannot_be_read_leave_the_colours(pki, items, samples, reason):
    """The file systems are unread with the reason, what the appliance says of itself is read."""
    found = read(pki, "storage", {MONITORING: value(items), f"{MONITORING}/query": value(samples)})
    assert (found.health, found.database_health) == ("green", "green")
    assert isinstance(found.partitions, Unread)
    assert reason in found.partitions.reason
